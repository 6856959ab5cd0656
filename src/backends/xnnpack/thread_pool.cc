#include "verdict/backends/xnnpack/thread_pool.h"

#include <pthreadpool.h>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::xnnpack {

ThreadPool::ThreadPool(int threads) : threads_(threads) {
  if (threads == 1) return;
  if (!VERDICT_HAS_THREADS) {
    throw Error(
        ErrorCode::kUnsupported,
        concat(threads,
               " threads were asked for, but this build has none. Use a variant with threads."));
  }
  pool_.reset(pthreadpool_create(static_cast<std::size_t>(threads)));
  if (!pool_)
    throw Error(ErrorCode::kOutOfMemory,
                concat("A pool of ", threads, " threads could not be started."));
}

void ThreadPool::run_items(std::size_t items, Function function, void* context) const {
  if (!pool_ || items <= 1) {
    for (std::size_t item = 0; item < items; ++item) function(context, 0, item);
    return;
  }
  pthreadpool_parallelize_1d_with_thread(pool_.get(), function, context, items,
                                         PTHREADPOOL_FLAG_DISABLE_DENORMALS);
}

void ThreadPool::Destroy::operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }

}  // namespace verdict::xnnpack
