#include <algorithm>
#include <limits>

#include "verdict/backends/xnnpack/context.h"
#include "verdict/backends/xnnpack/score_terms.h"

namespace verdict::xnnpack {

namespace {

using graph::ScoreTerm;

/// The keys that each query of a sequence sees.
void find_visible(const graph::AttentionOp& op, std::span<const std::int32_t> queries,
                  std::span<const std::int32_t> keys, std::int32_t* first, std::int32_t* last) {
  const auto bound = [](std::optional<std::int64_t> reach) {
    return reach.value_or(std::numeric_limits<std::int32_t>::max());
  };
  std::size_t begin = 0;
  std::size_t end = 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    while (begin < keys.size() && queries[i] - keys[begin] > bound(op.left)) ++begin;
    while (end < keys.size() && keys[end] - queries[i] <= bound(op.right)) ++end;
    first[i] = static_cast<std::int32_t>(begin);
    last[i] = static_cast<std::int32_t>(end);
  }
}

}  // namespace

std::uint64_t XnnpackContext::attention_scratch_floats(const graph::Node& node,
                                                       const graph::AttentionOp& op) const {
  const std::uint64_t keys = longest_sequence(node.inputs[1]);
  const std::uint64_t queries = longest_sequence(node.inputs[0]);
  // Behind the kernel's scratch: the visible keys of each query, and that of the score terms.
  const auto head_size = static_cast<std::uint64_t>(op.head_size);
  std::uint64_t floats = machine_.kernels->attention_scratch(
                             keys, head_size, static_cast<std::uint64_t>(op.value_columns())) +
                         2 * queries;
  if (op.terms.empty()) return floats;
  std::uint64_t table_rows = 0;
  for (const ScoreTerm& term : op.terms) {
    const graph::Value table = node.inputs[static_cast<std::size_t>(term.table)];
    table_rows = std::max<std::uint64_t>(table_rows, rows(table));
  }
  return floats + ScoreTerms::scratch_floats(*machine_.kernels, keys, head_size, table_rows);
}

void XnnpackContext::execute(const graph::Node& node, const graph::AttentionOp& op) {
  const auto query_offsets = offsets(node.inputs[0]);
  const auto key_offsets = offsets(node.inputs[1]);
  const graph::Graph& graph = plan_->graph();
  const auto pair_offsets = sizes_->pair_offsets(graph.info(node.inputs[0]).shape[0].rows,
                                                 graph.info(node.inputs[1]).shape[0].rows);
  const auto heads = static_cast<std::size_t>(op.heads);
  const auto key_heads = static_cast<std::size_t>(op.value_heads());
  const std::size_t group_heads = heads / key_heads;
  const auto head_size = static_cast<std::size_t>(op.head_size);
  const auto value_size = static_cast<std::size_t>(op.value_columns());
  const std::size_t query_width = heads * head_size;
  const std::size_t key_width = key_heads * head_size;
  const auto thread_floats = static_cast<std::size_t>(attention_scratch_floats(node, op));
  auto* floats_of_all = reinterpret_cast<float*>(scratch());
  float* probabilities = is_read(node.outputs[1]) ? out_floats(node.outputs[1]) : nullptr;
  float* context = out_floats(node.outputs[0]);
  const std::uint64_t seed = node_seed();
  const bool bounded = op.left.has_value() || op.right.has_value();

  const auto slot = [&](int input) { return node.inputs[static_cast<std::size_t>(input)]; };
  std::vector<DifferenceRows> differences;
  for (const ScoreTerm& term : op.terms) {
    const auto table = graph.info(slot(term.table)).shape[0].rows;
    const bool by_distance = graph.segmentations()[static_cast<std::size_t>(table)].rule ==
                             graph::Segmentation::Rule::kDistances;
    differences.push_back(
        tabulate(term, std::span(ints(slot(term.query_ids)), rows(slot(term.query_ids))),
                 std::span(ints(slot(term.key_ids)), rows(slot(term.key_ids))),
                 rows(slot(term.table)), by_distance));
  }

  const std::size_t sequences = query_offsets.size() - 1;
  std::vector<Counters> counters(static_cast<std::size_t>(machine_.pool.threads()));
  machine_.pool.run(sequences * key_heads, [&](std::size_t task, std::size_t thread) {
    const std::size_t sequence = task / key_heads;
    const std::size_t key_head = task % key_heads;
    const auto first_query = static_cast<std::size_t>(query_offsets[sequence]);
    const auto first_key = static_cast<std::size_t>(key_offsets[sequence]);
    float* own = floats_of_all + thread * thread_floats;
    AttentionGroup group{};
    group.heads = group_heads;
    group.queries = static_cast<std::size_t>(query_offsets[sequence + 1]) - first_query;
    group.keys = static_cast<std::size_t>(key_offsets[sequence + 1]) - first_key;
    group.head_size = head_size;
    group.value_size = value_size;
    group.query =
        floats(node.inputs[0]) + first_query * query_width + key_head * group_heads * head_size;
    group.key = floats(node.inputs[1]) + first_key * key_width + key_head * head_size;
    group.value =
        floats(node.inputs[2]) + first_key * key_heads * value_size + key_head * value_size;
    group.context = context + (first_query * heads + key_head * group_heads) * value_size;
    group.query_stride = query_width;
    group.key_stride = key_width;
    group.value_stride = key_heads * value_size;
    group.context_stride = heads * value_size;
    group.scale = static_cast<float>(op.scale);
    group.softcap = static_cast<float>(op.softcap);
    group.gives_scores = op.gives_scores;
    group.dropout = static_cast<float>(op.dropout);
    group.dropout_seed = seed + task * 0x9e3779b97f4a7c15u;
    group.may_round = plan_->type() != ComputeType::kF32;
    if (probabilities != nullptr) {
      group.probabilities = probabilities +
                            static_cast<std::size_t>(pair_offsets[sequence]) * heads +
                            key_head * group_heads * group.queries * group.keys;
    }

    const auto kernel_floats = static_cast<std::size_t>(
        machine_.kernels->attention_scratch(group.keys, head_size, value_size));
    auto* seen = reinterpret_cast<std::int32_t*>(own + kernel_floats);
    std::size_t pairs = group.queries * group.keys;
    if (bounded) {
      std::int32_t* last = seen + group.queries;
      find_visible(op, std::span(ints(slot(op.query_positions)) + first_query, group.queries),
                   std::span(ints(slot(op.key_positions)) + first_key, group.keys), seen, last);
      group.first_key = seen;
      group.last_key = last;
      pairs = 0;
      for (std::size_t i = 0; i < group.queries; ++i)
        pairs += static_cast<std::size_t>(last[i] - seen[i]);
    }

    std::vector<BoundTerm> terms;
    for (std::size_t i = 0; i < op.terms.size(); ++i) {
      const ScoreTerm& term = op.terms[i];
      BoundTerm bound{};
      bound.kind = term.kind;
      bound.table = floats(slot(term.table));
      bound.table_stride = columns(slot(term.table));
      bound.head_stride = bound.table_stride == head_size ? 0 : head_size;
      if (term.kind == ScoreTerm::Kind::kBias) {
        bound.head_stride = 1;
      } else if (term.kind == ScoreTerm::Kind::kQuery) {
        bound.vectors = floats(slot(term.query)) + first_query * query_width;
        bound.vector_stride = query_width;
      } else {
        bound.vectors = floats(node.inputs[1]) + first_key * key_width;
        bound.vector_stride = key_width;
      }
      bound.query_ids = std::span(ints(slot(term.query_ids)) + first_query, group.queries);
      bound.key_ids = std::span(ints(slot(term.key_ids)) + first_key, group.keys);
      bound.rows = &differences[i];
      bound.scale = static_cast<float>(term.scale);
      terms.push_back(bound);
    }
    ScoreTerms added(*machine_.kernels, std::move(terms), key_head * group_heads, head_size,
                     own + kernel_floats + 2 * group.queries);
    if (!op.terms.empty()) {
      group.add_terms = &ScoreTerms::add;
      group.terms = &added;
    }
    const bool rounded = machine_.kernels->attention(group, own);
    const auto vectors = static_cast<std::int64_t>(head_size + value_size);
    Counters& counted = counters[thread];
    (rounded ? counted.int16_multiplications : counted.float_multiplications) +=
        static_cast<std::int64_t>(pairs * group_heads) * vectors;
    counted.float_multiplications += added.multiplications();
  });
  for (const Counters& of_thread : counters) counters_ += of_thread;
}

}  // namespace verdict::xnnpack
