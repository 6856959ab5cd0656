#include "verdict_convert/formats/keras_h5.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict_convert/formats/hdf5.h"

namespace verdict::convert {

namespace {

class KerasH5 final : public CheckpointReader {
 public:
  explicit KerasH5(std::vector<std::unique_ptr<ByteSource>> sources) {
    files_.reserve(sources.size());
    for (std::unique_ptr<ByteSource>& source : sources) {
      files_.push_back(std::make_unique<hdf5::File>(std::move(source)));
      add_file(*files_.back());
    }
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }

  void read(std::size_t index, std::span<std::byte> out) const override {
    const Stored& stored = stored_.at(index);
    stored.file->read(stored.dataset, out);
  }

  bool class_level() const { return class_level_.value_or(true); }

 private:
  struct Stored {
    const hdf5::File* file;
    hdf5::Dataset dataset;
  };

  [[noreturn]] static void corrupt(const hdf5::File& file, std::string_view what) {
    throw Error(ErrorCode::kCorruptFile,
                concat("\"", file.name(), "\" is not a valid Keras file: ", what, "."));
  }

  void add_file(hdf5::File& file) {
    // A whole model has its weights one level below, beside the optimizer's.
    const std::uint64_t root = file.find(file.root(), "model_weights").value_or(file.root());
    const auto layers = file.strings(root, "layer_names");
    if (!layers) {
      add_all(file, root);
      return;
    }
    for (const std::string& layer : *layers) {
      const auto object = file.find(root, layer);
      if (!object) corrupt(file, concat("it has no layer ", quoted_text(layer)));
      if (file.is_dataset(*object)) {
        // A shard: its "layers" are the weights.
        add(file, *object, layer, false);
      } else {
        add_layer(file, *object, layer);
      }
    }
    // Weights of the model itself; the layers of the reference's classes hold all others.
    constexpr std::string_view kTopLevel = "top_level_model_weights";
    if (const auto own = file.find(root, kTopLevel)) add_layer(file, *own, kTopLevel);
  }

  void add_layer(hdf5::File& file, std::uint64_t layer, std::string_view name) {
    const auto weights = file.strings(layer, "weight_names");
    if (!weights)
      corrupt(file, concat("the layer ", quoted_text(name), " has no list \"weight_names\""));
    for (const std::string& weight : *weights) {
      const auto object = file.find(layer, weight);
      if (!object) {
        corrupt(file,
                concat("the layer ", quoted_text(name), " has no weight ", quoted_text(weight)));
      }
      add(file, *object, weight, true);
    }
  }

  void add_all(hdf5::File& file, std::uint64_t root) {
    const auto weights = file.datasets(root);
    if (weights.empty()) corrupt(file, "it holds no weights");
    for (const auto& [weight, object] : weights) {
      // "layers/dense/vars/0"
      if (weight.find("/vars/") != std::string::npos) {
        throw Error(ErrorCode::kUnsupported,
                    concat("\"", file.name(),
                           "\" is a weights file of Keras 3, whose names do not tell the model's "
                           "parameters. Save the model with save_pretrained of transformers."));
      }
      add(file, object, weight, false);
    }
  }

  void add(hdf5::File& file, std::uint64_t object, const std::string& name, bool class_level) {
    if (class_level_.value_or(class_level) != class_level)
      corrupt(file, "some of its weights belong to layers and some to none");
    class_level_ = class_level;
    file.bytes().charge(sizeof(Stored) + sizeof(TensorInfo) + name.size());
    hdf5::Dataset dataset = file.dataset(object, name);
    const auto [known, is_new] = index_.emplace(name, stored_.size());
    if (!is_new) {
      // A table that two layers share is stored with both.
      const Stored& first = stored_[known->second];
      if (first.file == &file && first.dataset.shape == dataset.shape) return;
      corrupt(file, concat("it holds the weight ", quoted_text(name), " a second time"));
    }
    infos_.push_back({name, dataset.dtype, dataset.shape, 0, dataset.byte_size});
    stored_.push_back({&file, std::move(dataset)});
  }

  std::vector<std::unique_ptr<hdf5::File>> files_;
  std::vector<TensorInfo> infos_;
  std::vector<Stored> stored_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::optional<bool> class_level_;
};

}  // namespace

KerasWeights open_keras_h5(std::vector<std::unique_ptr<ByteSource>> files) {
  auto reader = std::make_unique<KerasH5>(std::move(files));
  const bool class_level = reader->class_level();
  return {std::move(reader), class_level};
}

}  // namespace verdict::convert
