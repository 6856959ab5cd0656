#include "verdict/tokenizers/legacy/tokenizer_class.h"

#include <algorithm>
#include <array>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

namespace {

using nlohmann::json;

/// Special tokens by role, as `role=token`.
constexpr std::string_view kBert = "unk=[UNK] sep=[SEP] pad=[PAD] cls=[CLS] mask=[MASK]";
constexpr std::string_view kFairseq =
    "bos=<s> eos=</s> unk=<unk> sep=</s> pad=<pad> cls=<s> mask=<mask>";
constexpr std::string_view kAlbert =
    "bos=[CLS] eos=[SEP] unk=<unk> sep=[SEP] pad=<pad> cls=[CLS] mask=[MASK]";
constexpr std::string_view kDeberta =
    "bos=[CLS] eos=[SEP] unk=[UNK] sep=[SEP] pad=[PAD] cls=[CLS] mask=[MASK]";
constexpr std::string_view kGpt2 = "bos=<|endoftext|> eos=<|endoftext|> unk=<|endoftext|>";
constexpr std::string_view kT5 = "eos=</s> unk=<unk> pad=<pad>";
constexpr std::string_view kLlama = "bos=<s> eos=</s> unk=<unk>";

struct ClassStyle {
  std::string_view name;
  std::string_view roles;
  bool mask_lstrip = false;
  bool pads_left = false;
};

constexpr std::array kStyles = std::to_array<ClassStyle>({
    {"AlbertTokenizer", kAlbert, true},
    {"BartTokenizer", kFairseq, true},
    {"BarthezTokenizer", kFairseq, true},
    {"BertGenerationTokenizer", "bos=<s> eos=</s> unk=<unk> pad=<pad> sep=<::::>"},
    {"BertTokenizer", kBert},
    {"BertTokenizerLegacy", kBert},
    {"BigBirdTokenizer", "bos=<s> eos=</s> unk=<unk> sep=[SEP] pad=<pad> cls=[CLS] mask=[MASK]",
     true},
    {"BlenderbotTokenizer", kFairseq, true},
    {"ByT5Tokenizer", kT5},
    {"CLIPTokenizer", "bos=<|startoftext|> eos=<|endoftext|> unk=<|endoftext|> pad=<|endoftext|>"},
    {"CTRLTokenizer", "unk=<unk>"},
    {"CamembertTokenizer", kFairseq, true},
    {"CodeGenTokenizer", kGpt2},
    {"CodeLlamaTokenizer", kLlama},
    {"ConvBertTokenizer", kBert},
    {"DebertaTokenizer", kDeberta, true},
    {"DebertaV2Tokenizer", kDeberta},
    {"DistilBertTokenizer", kBert},
    {"ElectraTokenizer", kBert},
    {"EsmTokenizer", "unk=<unk> cls=<cls> pad=<pad> mask=<mask> eos=<eos>"},
    {"FNetTokenizer", "unk=<unk> sep=[SEP] pad=<pad> cls=[CLS] mask=[MASK]", true},
    {"FlaubertTokenizer", "bos=<s> unk=<unk> sep=</s> pad=<pad> cls=</s> mask=<special1>"},
    {"FunnelTokenizer", "bos=<s> eos=</s> unk=<unk> sep=<sep> pad=<pad> cls=<cls> mask=<mask>"},
    {"GPT2Tokenizer", kGpt2},
    {"GemmaTokenizer", "bos=<bos> eos=<eos> unk=<unk> pad=<pad>", false, true},
    {"HerbertTokenizer", "bos=<s> unk=<unk> sep=</s> pad=<pad> cls=<s> mask=<mask>"},
    {"LEDTokenizer", kFairseq, true},
    {"LayoutLMTokenizer", kBert},
    {"LayoutLMv3Tokenizer", kFairseq, true},
    {"LlamaTokenizer", kLlama, false, true},
    {"LongformerTokenizer", kFairseq, true},
    {"LxmertTokenizer", kBert},
    {"MBart50Tokenizer", kFairseq, true},
    {"MBartTokenizer", kFairseq, true},
    {"MPNetTokenizer", "bos=<s> eos=</s> unk=[UNK] sep=</s> pad=<pad> cls=<s> mask=<mask>", true},
    {"MarkupLMTokenizer", kFairseq, true},
    {"MobileBertTokenizer", kBert},
    {"MvpTokenizer", kFairseq, true},
    {"NllbTokenizer", kFairseq, true},
    {"OpenAIGPTTokenizer", "unk=<unk>"},
    {"PegasusTokenizer", "eos=</s> unk=<unk> pad=<pad> mask=<mask_2>"},
    {"PerceiverTokenizer", "pad=[PAD] bos=[BOS] eos=[EOS] mask=[MASK] cls=[CLS] sep=[SEP]"},
    {"PhobertTokenizer", kFairseq},
    {"ProphetNetTokenizer", "unk=[UNK] sep=[SEP] pad=[PAD] mask=[MASK]"},
    {"Qwen2Tokenizer", "eos=<|endoftext|> pad=<|endoftext|>"},
    {"ReformerTokenizer", "eos=</s> unk=<unk>"},
    {"RemBertTokenizer", kAlbert, true},
    {"RobertaTokenizer", kFairseq, true},
    {"SeamlessM4TTokenizer", "bos=<s> eos=</s> unk=<unk> sep=</s> pad=<pad> cls=<s>"},
    {"SplinterTokenizer", kBert},
    {"SqueezeBertTokenizer", kBert},
    {"T5Tokenizer", kT5},
    {"UdopTokenizer", "eos=</s> unk=<unk> sep=</s> pad=<pad>"},
    {"WhisperTokenizer", kGpt2},
    {"XGLMTokenizer", "bos=<s> eos=</s> unk=<unk> sep=</s> pad=<pad> cls=<s>"},
    {"XLMRobertaTokenizer", kFairseq, true},
    {"XLMTokenizer", "bos=<s> unk=<unk> sep=</s> pad=<pad> cls=</s> mask=<special1>"},
    {"XLNetTokenizer", "bos=<s> eos=</s> unk=<unk> sep=<sep> pad=<pad> cls=<cls> mask=<mask>", true,
     true},
});

const ClassStyle* find_style(std::string_view name) {
  const auto style = std::ranges::find(kStyles, name, &ClassStyle::name);
  return style == kStyles.end() ? nullptr : &*style;
}

/// model_type → class, where the class is not the type's own name.
constexpr std::array kClasses = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"albert", "AlbertTokenizer"},
    {"bart", "BartTokenizer"},
    {"barthez", "BarthezTokenizer"},
    {"bert", "BertTokenizer"},
    {"bert-generation", "BertGenerationTokenizer"},
    {"big_bird", "BigBirdTokenizer"},
    {"bigbird_pegasus", "PegasusTokenizer"},
    {"biogpt", "BioGptTokenizer"},
    {"blenderbot", "BlenderbotTokenizer"},
    {"byt5", "ByT5Tokenizer"},
    {"camembert", "CamembertTokenizer"},
    {"canine", "CanineTokenizer"},
    {"clip", "CLIPTokenizer"},
    {"code_llama", "CodeLlamaTokenizer"},
    {"codegen", "CodeGenTokenizer"},
    {"convbert", "ConvBertTokenizer"},
    {"ctrl", "CTRLTokenizer"},
    {"data2vec-text", "RobertaTokenizer"},
    {"deberta", "DebertaTokenizer"},
    {"deberta-v2", "DebertaV2Tokenizer"},
    {"distilbert", "DistilBertTokenizer"},
    {"electra", "ElectraTokenizer"},
    {"ernie", "BertTokenizer"},
    {"esm", "EsmTokenizer"},
    {"flaubert", "FlaubertTokenizer"},
    {"fnet", "FNetTokenizer"},
    {"funnel", "FunnelTokenizer"},
    {"gemma", "GemmaTokenizer"},
    {"gemma2", "GemmaTokenizer"},
    {"gemma3_text", "GemmaTokenizer"},
    {"gpt2", "GPT2Tokenizer"},
    {"gpt_bigcode", "GPT2Tokenizer"},
    {"gpt_neo", "GPT2Tokenizer"},
    {"gptj", "GPT2Tokenizer"},
    {"herbert", "HerbertTokenizer"},
    {"ibert", "RobertaTokenizer"},
    {"layoutlm", "LayoutLMTokenizer"},
    {"layoutlmv3", "LayoutLMv3Tokenizer"},
    {"led", "LEDTokenizer"},
    {"lilt", "RobertaTokenizer"},
    {"llama", "LlamaTokenizer"},
    {"longformer", "LongformerTokenizer"},
    {"lxmert", "LxmertTokenizer"},
    {"markuplm", "MarkupLMTokenizer"},
    {"mbart", "MBartTokenizer"},
    {"mbart50", "MBart50Tokenizer"},
    {"mega", "RobertaTokenizer"},
    {"megatron-bert", "BertTokenizer"},
    {"mistral", "LlamaTokenizer"},
    {"mixtral", "LlamaTokenizer"},
    {"mobilebert", "MobileBertTokenizer"},
    {"mpnet", "MPNetTokenizer"},
    {"mra", "RobertaTokenizer"},
    {"mt5", "T5Tokenizer"},
    {"mvp", "MvpTokenizer"},
    {"nezha", "BertTokenizer"},
    {"nllb", "NllbTokenizer"},
    {"nystromformer", "AlbertTokenizer"},
    {"openai-gpt", "OpenAIGPTTokenizer"},
    {"opt", "GPT2Tokenizer"},
    {"pegasus", "PegasusTokenizer"},
    {"perceiver", "PerceiverTokenizer"},
    {"phi", "CodeGenTokenizer"},
    {"phobert", "PhobertTokenizer"},
    {"prophetnet", "ProphetNetTokenizer"},
    {"qdqbert", "BertTokenizer"},
    {"qwen2", "Qwen2Tokenizer"},
    {"qwen2_moe", "Qwen2Tokenizer"},
    {"qwen3", "Qwen2Tokenizer"},
    {"reformer", "ReformerTokenizer"},
    {"rembert", "RemBertTokenizer"},
    {"roberta", "RobertaTokenizer"},
    {"roberta-prelayernorm", "RobertaTokenizer"},
    {"splinter", "SplinterTokenizer"},
    {"squeezebert", "SqueezeBertTokenizer"},
    {"starcoder2", "GPT2Tokenizer"},
    {"switch_transformers", "T5Tokenizer"},
    {"t5", "T5Tokenizer"},
    {"umt5", "T5Tokenizer"},
    {"xglm", "XGLMTokenizer"},
    {"xlm", "XLMTokenizer"},
    {"xlm-roberta", "XLMRobertaTokenizer"},
    {"xlm-roberta-xl", "XLMRobertaTokenizer"},
    {"xlnet", "XLNetTokenizer"},
    {"xmod", "XLMRobertaTokenizer"},
    {"yoso", "AlbertTokenizer"},
});

/// Names that say nothing about the vocabulary.
bool is_generic(std::string_view name) {
  return name.empty() || name == "PreTrainedTokenizer" || name == "TokenizersBackend" ||
         name == "PythonBackend" || name == "SentencePieceBackend";
}

std::string class_of(const json& config) {
  std::string name = tokenizer_json::get_string(config, "tokenizer_class", "");
  if (ends_with(name, "Fast")) name.resize(name.size() - 4);
  return name;
}

}  // namespace

std::string choose_tokenizer_class(const json& tokenizer_config, const json& model_config) {
  for (const json* config : {&tokenizer_config, &model_config}) {
    std::string name = class_of(*config);
    if (!is_generic(name)) return name;
  }
  const std::string type = tokenizer_json::get_string(model_config, "model_type", "");
  for (const auto& [model_type, tokenizer_class] : kClasses) {
    if (model_type == type) return std::string(tokenizer_class);
  }
  return {};
}

json tokenizer_class_defaults(std::string_view tokenizer_class) {
  json defaults = json::object();
  if (tokenizer_class == "CanineTokenizer") {  // code points for private use, and NUL
    return {{"bos_token", "\uE000"}, {"eos_token", "\uE001"},  {"sep_token", "\uE001"},
            {"cls_token", "\uE000"}, {"mask_token", "\uE003"}, {"pad_token", std::string(1, '\0')}};
  }
  const ClassStyle* style = find_style(tokenizer_class);
  if (style == nullptr) return defaults;
  for (const std::string_view item : split_words(style->roles)) {
    const std::size_t equals = item.find('=');
    defaults[concat(item.substr(0, equals), "_token")] = std::string(item.substr(equals + 1));
  }
  if (style->pads_left) defaults["padding_side"] = "left";
  if (tokenizer_class == "XLNetTokenizer") defaults["pad_token_type_id"] = 3;
  return defaults;
}

bool mask_takes_space(std::string_view tokenizer_class) {
  const ClassStyle* style = find_style(tokenizer_class);
  return tokenizer_class == "CanineTokenizer" || (style != nullptr && style->mask_lstrip);
}

}  // namespace verdict
