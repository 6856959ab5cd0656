"""The process of the Rust library tokenizers: answers the requests of ../handler.mjs, and

  rust_tokenizers.py --train KIND FILE < TEXTS

trains a tokenizer.json of KIND bpe (as GPT-2's) or unigram (as T5's) on the lines of standard input.
"""

import os
import sys

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Regex, Tokenizer, decoders, models, normalizers  # noqa: E402
from tokenizers import pre_tokenizers, processors, trainers  # noqa: E402

from python_host import serve, timed  # noqa: E402


class Handler:
    tokenizer = None
    texts = ()

    def load_tokenizer(self, request):
        path = os.path.join(request["model"]["folder"], "tokenizer.json")
        self.tokenizer, spent = timed(lambda: Tokenizer.from_file(path))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        return {"time": spent}

    def prepare_texts(self, request):
        self.texts = request["texts"]
        return {}

    def tokenize(self, request):
        # encode_batch computes offsets, as encode does.
        encodings, spent = timed(lambda: self.tokenizer.encode_batch(self.texts))
        ids = [encoding.ids for encoding in encodings] if request["with_ids"] else None
        return {"time": spent, "ids": ids}

    def dispose(self, _):
        return {}


def train(kind, path):
    texts = sys.stdin.read().splitlines()
    if kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
        trainer = trainers.BpeTrainer(
            vocab_size=50257,
            special_tokens=["<|endoftext|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
        )
        tokenizer.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=32000,
            special_tokens=["<pad>", "</s>", "<unk>"],
            unk_token="<unk>",
            show_progress=False,
        )
    tokenizer.train_from_iterator(texts, trainer)
    if kind == "unigram":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
        )
    tokenizer.save(path)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(*sys.argv[2:4])
    else:
        serve(Handler())
