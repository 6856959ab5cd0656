#include <algorithm>
#include <cmath>

#include "verdict/backends/xnnpack/context.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::xnnpack {

namespace {

/// A row-major matrix inside a thread's scratch.
struct Matrix {
  float* data;
  std::size_t rows;
  std::size_t columns;
  std::size_t stride;

  float* row(std::size_t i) const { return data + i * stride; }
};

void fill(const Matrix& m, float value) {
  for (std::size_t i = 0; i < m.rows; ++i) std::fill_n(m.row(i), m.columns, value);
}

/// out = a · b
void multiply(const Matrix& a, const Matrix& b, const Matrix& out) {
  fill(out, 0);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t k = 0; k < a.columns; ++k) {
      const float factor = a.row(i)[k];
      for (std::size_t j = 0; j < b.columns; ++j) out.row(i)[j] += factor * b.row(k)[j];
    }
  }
}

/// out = softmax(scale · a · bᵀ) by row
void attend(const Matrix& a, const Matrix& b, float scale, const Matrix& out) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    float* row = out.row(i);
    for (std::size_t j = 0; j < b.rows; ++j) {
      float dot = 0;
      for (std::size_t d = 0; d < a.columns; ++d) dot += a.row(i)[d] * b.row(j)[d];
      row[j] = scale * dot;
    }
    const float largest = *std::max_element(row, row + b.rows);
    float total = 0;
    for (std::size_t j = 0; j < b.rows; ++j) total += row[j] = std::exp(row[j] - largest);
    for (std::size_t j = 0; j < b.rows; ++j) row[j] /= total;
  }
}

/// Row i of out is the mean of the i-th run of rows of x.
void mean_runs(const Matrix& x, const Matrix& out) {
  const std::size_t run = x.rows / out.rows;
  fill(out, 0);
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t d = 0; d < x.columns; ++d)
      out.row(i / run)[d] += x.row(i)[d] / static_cast<float>(run);
  }
}

/// m = c · identity - m
void subtract_from_identity(float c, const Matrix& m) {
  for (std::size_t i = 0; i < m.rows; ++i) {
    for (std::size_t j = 0; j < m.columns; ++j) m.row(i)[j] = (i == j ? c : 0) - m.row(i)[j];
  }
}

float largest_column_sum(const Matrix& m) {
  float largest = 0;
  for (std::size_t j = 0; j < m.columns; ++j) {
    float sum = 0;
    for (std::size_t i = 0; i < m.rows; ++i) sum += m.row(i)[j];
    largest = std::max(largest, sum);
  }
  return largest;
}

/// Matrices of one head, carved from a scratch.
class Scratch {
 public:
  explicit Scratch(float* begin) : next_(begin) {}
  Matrix take(std::size_t rows, std::size_t columns) {
    const Matrix m{next_, rows, columns, columns};
    next_ += rows * columns;
    return m;
  }

 private:
  float* next_;
};

}  // namespace

std::uint64_t XnnpackContext::nystrom_scratch_floats(const graph::Node&,
                                                     const graph::NystromAttentionOp& op) const {
  const auto landmarks = static_cast<std::uint64_t>(op.landmarks);
  const auto length = static_cast<std::uint64_t>(op.sequence_length);
  const auto size = static_cast<std::uint64_t>(op.head_size);
  return 4 * landmarks * landmarks + 3 * landmarks * size + 3 * landmarks * length +
         static_cast<std::uint64_t>(op.heads) * landmarks * landmarks;
}

void XnnpackContext::execute(const graph::Node& node, const graph::NystromAttentionOp& op) {
  const auto bounds = offsets(node.inputs[0]);
  const auto heads = static_cast<std::size_t>(op.heads);
  const auto size = static_cast<std::size_t>(op.head_size);
  const auto landmarks = static_cast<std::size_t>(op.landmarks);
  const auto length = static_cast<std::size_t>(op.sequence_length);
  const auto scale = static_cast<float>(op.scale);
  const std::size_t width = heads * size;
  for (std::size_t row = 0; row + 1 < bounds.size(); ++row) {
    if (bounds[row + 1] - bounds[row] != op.sequence_length) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("Row ", batch_->first_row + static_cast<std::int64_t>(row), " has ",
                         bounds[row + 1] - bounds[row],
                         " tokens, but attention through landmarks needs exactly ",
                         op.sequence_length, " (segment_means_seq_len)."));
    }
  }
  auto* base = reinterpret_cast<float*>(scratch());
  float* out = out_floats(node.outputs[0]);
  // The start of the iteration depends on all heads of a sequence, so a task is a sequence.
  machine_.pool.run(bounds.size() - 1, [&](std::size_t sequence, std::size_t thread) {
    Scratch room(base + thread * static_cast<std::size_t>(nystrom_scratch_floats(node, op)));
    const Matrix product = room.take(landmarks, landmarks);
    const Matrix next = room.take(landmarks, landmarks);
    const Matrix inverse = room.take(landmarks, landmarks);
    const Matrix other = room.take(landmarks, landmarks);
    const Matrix query_means = room.take(landmarks, size);
    const Matrix key_means = room.take(landmarks, size);
    const Matrix summary = room.take(landmarks, size);
    const Matrix to_landmarks = room.take(length, landmarks);
    const Matrix from_landmarks = room.take(landmarks, length);
    const Matrix probabilities = room.take(length, landmarks);
    const Matrix kernels = room.take(heads * landmarks, landmarks);

    const std::size_t at = static_cast<std::size_t>(bounds[sequence]) * width;
    const auto head_of = [&](graph::Value value, std::size_t head) {
      // Read only; the type has no const.
      return Matrix{const_cast<float*>(floats(value)) + at + head * size, length, size, width};
    };
    const auto kernel_of = [&](std::size_t head) {
      return Matrix{kernels.row(head * landmarks), landmarks, landmarks, landmarks};
    };
    float norm = 0;
    for (std::size_t head = 0; head < heads; ++head) {
      mean_runs(head_of(node.inputs[0], head), query_means);
      mean_runs(head_of(node.inputs[1], head), key_means);
      attend(query_means, key_means, scale, kernel_of(head));
      norm = std::max(norm, largest_column_sum(kernel_of(head)));
    }
    for (std::size_t head = 0; head < heads; ++head) {
      const Matrix query = head_of(node.inputs[0], head);
      const Matrix key = head_of(node.inputs[1], head);
      mean_runs(query, query_means);
      mean_runs(key, key_means);
      const Matrix kernel = kernel_of(head);
      for (std::size_t i = 0; i < landmarks; ++i) {
        for (std::size_t j = 0; j < landmarks; ++j) inverse.row(i)[j] = kernel.row(j)[i] / norm;
      }
      // Z ← ¼ Z (13 I - KZ (15 I - KZ (7 I - KZ)))
      for (std::int64_t i = 0; i < op.iterations; ++i) {
        multiply(kernel, inverse, product);
        std::copy_n(product.data, landmarks * landmarks, next.data);
        for (const float c : {7.0f, 15.0f}) {
          subtract_from_identity(c, next);
          multiply(product, next, other);
          std::copy_n(other.data, landmarks * landmarks, next.data);
        }
        subtract_from_identity(13.0f, next);
        multiply(inverse, next, other);
        for (std::size_t k = 0; k < landmarks * landmarks; ++k) inverse.data[k] = other.data[k] / 4;
      }
      attend(query, key_means, scale, to_landmarks);
      attend(query_means, key, scale, from_landmarks);
      multiply(to_landmarks, inverse, probabilities);
      multiply(from_landmarks, head_of(node.inputs[2], head), summary);
      multiply(probabilities, summary, {out + at + head * size, length, size, width});
    }
  });
  const std::int64_t cost =
      4 * op.sequence_length * op.landmarks * op.head_size +
      op.landmarks * op.landmarks *
          (op.head_size + op.sequence_length + 4 * op.iterations * op.landmarks);
  counters_.float_multiplications += cost * op.heads * static_cast<std::int64_t>(bounds.size() - 1);
}

}  // namespace verdict::xnnpack
