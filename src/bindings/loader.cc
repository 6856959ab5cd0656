#include "verdict/bindings/loader.h"

#include <new>
#include <utility>

#include "verdict/auto/classes.h"
#include "verdict/auto/quantize.h"
#include "verdict/checkpoint/pytorch.h"

namespace verdict::bindings {

std::string Loader::open(const Runtime& runtime, const std::string& config,
                         const std::string& kwargs, const std::string& options) {
  return guarded([&] {
    const json given = arguments(options);
    LoadOptions load;
    load.backend = runtime.get();
    load.ignore_mismatched_sizes = given.value("ignore_mismatched_sizes", false);
    load.seed = given.value("seed", std::uint64_t{0});
    PretrainedConfig parsed =
        PretrainedConfig::from_json(parse_json(config, "config.json"), "config.json",
                                    arguments(kwargs), given.value("model", ""));
    if (const auto expected = given.find("expected"); expected != given.end())
      internal::require_model_class(parsed, expected->get<std::string>());
    load.dtype = compute_type(given.value("dtype", "auto"), parsed);
    loader_ = std::make_unique<ModelLoader>(std::move(parsed), load);
    return json();
  });
}

std::string Loader::open_file(double size, const std::string& name, bool is_pytorch) {
  return guarded([&]() -> json {
    auto source =
        std::make_unique<HostFile>(static_cast<std::uint64_t>(size), name, opening_.parts);
    try {
      opening_.reader =
          is_pytorch ? open_pytorch(std::move(source)) : open_safetensors(std::move(source));
    } catch (const HostFile::Missing& missing) {
      return {missing.range.begin, missing.range.end};
    }
    const auto tensors = opening_.reader->tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      tensors_.push_back(tensors[i]);
      places_.push_back({files_.size(), i});
    }
    opening_.parts->clear();
    files_.push_back(std::exchange(opening_, {}));
    return {};
  });
}

void Loader::add_part(double begin, const std::string& bytes) {
  const auto data = std::as_bytes(std::span(bytes));
  opening_.parts->push_back({static_cast<std::uint64_t>(begin), {data.begin(), data.end()}});
}

std::string Loader::add_tensor(const std::string& name, const std::string& dtype,
                               const std::string& shape) {
  return guarded([&] {
    const Tensor empty(dtype_from_name(dtype).value(), arguments(shape));
    places_.push_back({0, tensors_.size()});
    tensors_.push_back({name, empty.dtype(), empty.shape(), 0, empty.bytes().size()});
    return json();
  });
}

std::string Loader::plan() {
  return guarded([&] {
    loader_->plan(tensors_);
    json reads = json::array();
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      if (!loader_->wants(i)) continue;
      const auto [file, tensor] = places_[i];
      const ByteRange range = files_.empty() ? ByteRange{0, tensors_[i].byte_size()}
                                             : files_[file].reader->range(tensor);
      // Parts of no bytes stand alone, as do the tensors of a state_dict.
      const bool is_new = files_.empty() || reads_.empty() || range.begin == range.end ||
                          reads_.back().file != file || reads_.back().range.begin != range.begin ||
                          reads_.back().range.end != range.end;
      if (is_new) {
        for (const std::uint64_t number :
             {std::uint64_t{i}, std::uint64_t{file}, range.begin, range.end})
          reads.push_back(number);
        reads_.push_back({file, range, {}});
      }
      reads_.back().tensors.push_back(i);
    }
    return reads;
  });
}

std::string Loader::reserve(std::size_t read) {
  return guarded([&] {
    const ByteRange range = reads_.at(read).range;
    if (range.end - range.begin > buffer_.max_size()) throw std::bad_alloc();
    const auto size = static_cast<std::size_t>(range.end - range.begin);
    // Freed first: nothing of a former read is to be copied.
    if (size > buffer_.capacity()) buffer_ = {};
    buffer_.resize(size);
    return json();
  });
}

std::string Loader::commit(std::size_t index) {
  return guarded([&] {
    const Read& read = reads_.at(index);
    const TensorInfo& first = tensors_[read.tensors.front()];
    if (read.range.end - read.range.begin == first.byte_size()) {
      loader_->accept(read.tensors.front(), buffer_);
      return json();
    }
    // The tensors and something else: their reader knows what.
    const File& file = files_[read.file];
    file.parts->push_back({read.range.begin, std::exchange(buffer_, {})});
    for (const std::size_t tensor : read.tensors) {
      UnwrittenVector<std::byte> bytes(static_cast<std::size_t>(tensors_[tensor].byte_size()));
      file.reader->read(places_[tensor].tensor, bytes);
      loader_->accept(tensor, bytes);
    }
    file.parts->clear();
    return json();
  });
}

std::string Loader::finish(Model& model) {
  return guarded([&] {
    buffer_ = {};
    model.set(loader_->finish());
    loader_.reset();
    return json();
  });
}

}  // namespace verdict::bindings
