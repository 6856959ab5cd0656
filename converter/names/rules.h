#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "verdict_convert/name_map.h"
#include "verdict_convert/names/names.h"

// Rules from names of other code bases to those of the reference, as tables.
namespace verdict::convert {

/// How a stored array becomes the parameter.
enum class Layout : std::uint8_t {
  kDefault,           ///< as stored; the kernel of a module: `kTransposed`
  kAsStored,          ///< a module's kernel too
  kTransposed,        ///< [in, out] or [in, heads, size] becomes [out, in]
  kTransposedMerged,  ///< [in, out] or [heads, size, out] becomes [out, in]
  kReversed,          ///< kernels of convolutions: [k, in, out] becomes [out, in, k]
  kDepthwise,         ///< [k, channels, 1] becomes [channels, 1, k]
  kColumn,            ///< [n] becomes [n, 1]
  kSqueezed,          ///< [1, in, out] becomes [in, out]
  kVocabulary,        ///< without the rows beyond the config's vocab_size
  kByLayer,           ///< [layers, …]: a row for each layer
  kByLayerOrShared,   ///< [layers, heads, size], or [heads, size] for every layer
};

/// `stored` is a pattern of a name's parts: `$` is the scope of the file's names, `#` a number, `*`
/// some characters of one part, a last `@` the kernel, bias, gamma or beta of a module. `parameter`
/// takes what they stood for in turn; `$` is the prefix of the base model, `%` a layer's number,
/// `~` stands for a `#` that counts the layers of all blocks. The first pattern that fits counts;
/// one that stands several times in a row gives several parameters.
struct NameRule {
  std::string_view stored;
  std::string_view parameter;
  Layout layout = Layout::kDefault;
};

/// `stored` may begin or end with `**`, which is any number of parts.
struct SkipRule {
  std::string_view stored;
  SkipReason reason;
};

/// The names of a model type.
struct TypeNames {
  std::string_view model_type;
  std::string_view scope;   ///< `$` of stored names
  std::string_view prefix;  ///< `$` of parameters
  std::span<const NameRule> rules;
  std::span<const NameRule> more_rules;  ///< tried after `rules`
  std::span<const SkipRule> skips;       ///< tried before them
};

/// Maps the names in `names`, which are those of `stored` in the form that the rules expect.
/// `skips` are tried after the type's own. Throws `kCorruptFile` for an array whose axes a rule
/// cannot take and for a parameter that is there twice.
NameMap apply_rules(const TypeNames& type, std::span<const SkipRule> skips,
                    std::span<const std::string> names, std::span<const TensorInfo> stored,
                    const Naming& naming);

}  // namespace verdict::convert
