#pragma once

#include <cstddef>
#include <memory>

struct pthreadpool;

namespace verdict::xnnpack {

/// XNNPACK's thread pool. Several callers may use one pool; it serves them one after another.
class ThreadPool {
 public:
  /// `threads` ≥ 1; a pool of one runs everything in the caller. Throws `kUnsupported` for more
  /// where the build has no threads, `kOutOfMemory` when they cannot be started.
  explicit ThreadPool(int threads);

  int threads() const { return threads_; }

  /// Calls task(item, thread) for every item below `items`; returns when all are done. `thread` is
  /// below `threads()`.
  template <typename Task>
  void run(std::size_t items, const Task& task) const {
    run_items(
        items,
        [](void* context, std::size_t thread, std::size_t item) {
          (*static_cast<const Task*>(context))(item, thread);
        },
        const_cast<Task*>(&task));
  }

 private:
  using Function = void (*)(void* context, std::size_t thread, std::size_t item);
  void run_items(std::size_t items, Function function, void* context) const;

  struct Destroy {
    void operator()(pthreadpool* pool) const;
  };
  int threads_;
  std::unique_ptr<pthreadpool, Destroy> pool_;
};

}  // namespace verdict::xnnpack
