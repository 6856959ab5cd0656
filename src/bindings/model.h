#pragma once

#include <memory>
#include <string>
#include <utility>

#include "verdict/auto/auto_model.h"
#include "verdict/bindings/guarded.h"
#include "verdict/bindings/tensors.h"

namespace verdict::bindings {

/// The threads that all models of one module share.
class Runtime {
 public:
  std::string open(int threads) {
    return guarded([&] {
      backend_ = create_xnnpack_backend(threads);
      return json(backend_->description());
    });
  }
  const std::shared_ptr<const Backend>& get() const { return backend_; }

 private:
  std::shared_ptr<const Backend> backend_;
};

/// A model that a loader filled.
class Model {
 public:
  void set(std::unique_ptr<SequenceClassifier> model) { model_ = std::move(model); }
  const std::shared_ptr<SequenceClassifier>& get() const { return model_; }

  std::string info() const;
  std::string forward(Tensors& inputs, const std::string& options, Tensors& outputs);
  std::string train(bool mode);
  std::string named_parameters() const;
  std::string parameter(const std::string& name, Tensors& outputs) const;
  std::string config_json() const;
  std::string counters() const;

 private:
  std::shared_ptr<SequenceClassifier> model_;
};

}  // namespace verdict::bindings
