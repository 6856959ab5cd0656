#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "verdict/auto/auto_model.h"
#include "verdict/base/strings.h"
#include "verdict/bindings/guarded.h"

namespace verdict::bindings {

/// Tensors on their way in or out.
class Tensors {
 public:
  /// Room for a tensor; its bytes are then written through `data`.
  std::string add(const std::string& name, const std::string& dtype, const std::string& shape) {
    return guarded([&] {
      const auto type = dtype_from_name(dtype);
      if (!type) {
        throw Error(ErrorCode::kInvalidArgument,
                    concat("The tensor dtype \"", dtype, "\" is unknown."));
      }
      tensors_.emplace_back(name, Tensor(*type, arguments(shape)));
      return json();
    });
  }
  void push(std::string name, Tensor tensor) {
    tensors_.emplace_back(std::move(name), std::move(tensor));
  }
  std::size_t size() const { return tensors_.size(); }
  std::string info(std::size_t i) const {
    const auto& [name, tensor] = tensors_.at(i);
    return to_text(
        {{"name", name}, {"dtype", dtype_name(tensor.dtype())}, {"shape", tensor.shape()}});
  }
  /// A view that is valid until memory grows.
  val data(std::size_t i) const { return view(tensors_.at(i).second.bytes()); }

  ModelInputs take_inputs() {
    ModelInputs inputs;
    for (auto& [name, tensor] : tensors_) inputs.insert_or_assign(name, std::move(tensor));
    tensors_.clear();
    return inputs;
  }

 private:
  std::vector<std::pair<std::string, Tensor>> tensors_;
};

}  // namespace verdict::bindings
