#include "verdict/nn/scope.h"

#include <utility>

#include "verdict/base/strings.h"

namespace verdict::nn {

Scope Scope::operator[](std::string_view child) const {
  Scope scope = *this;
  scope.path_ = path_.empty() ? std::string(child) : concat(path_, ".", child);
  return scope;
}

graph::ParameterId Scope::parameter(std::string_view name, std::vector<std::int64_t> shape,
                                    graph::Initializer initializer) const {
  return graph_->parameter((*this)[name].path_, std::move(shape), initializer);
}

}  // namespace verdict::nn
