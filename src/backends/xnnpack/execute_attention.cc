#include <algorithm>
#include <limits>

#include "verdict/backends/xnnpack/context.h"

namespace verdict::xnnpack {

namespace {

using graph::ScoreTerm;

/// One score term of one sequence.
struct BoundTerm {
  ScoreTerm::Kind kind;
  const float* table;
  std::size_t table_stride;  ///< floats from row to row
  std::size_t head_stride;   ///< floats from head to head in a row; 0: shared
  const float* vectors;      ///< the sequence's first query' or key; null for a bias
  std::size_t vector_stride;
  const std::int32_t* query_ids;  ///< of the sequence
  const std::int32_t* key_ids;
  const std::int32_t* rows;  ///< table row by difference - least
  std::int32_t least;
  float scale;
};

/// What the kernel's callback gets.
struct BoundTerms {
  std::span<const BoundTerm> terms;
  std::size_t first_head;  ///< of the group
  std::size_t head_size;
  const KernelTable* kernels;
  std::int32_t* index;  ///< room for one row of keys
};

void add_terms(const void* bound, std::size_t head_in_group, std::size_t query,
               std::size_t first_key, std::size_t last_key, float* scores) {
  const auto& all = *static_cast<const BoundTerms*>(bound);
  const std::size_t head = all.first_head + head_in_group;
  for (const BoundTerm& term : all.terms) {
    const std::int32_t id = term.query_ids[query] - term.least;
    for (std::size_t key = first_key; key < last_key; ++key)
      all.index[key] = term.rows[id - term.key_ids[key]];
    const float* table = term.table + head * term.head_stride;
    if (term.kind == ScoreTerm::Kind::kBias) {
      for (std::size_t key = first_key; key < last_key; ++key) {
        scores[key] +=
            term.scale * table[static_cast<std::size_t>(all.index[key]) * term.table_stride];
      }
      continue;
    }
    const bool by_query = term.kind == ScoreTerm::Kind::kQuery;
    const float* vectors =
        term.vectors + (by_query ? query : first_key) * term.vector_stride + head * all.head_size;
    all.kernels->add_gathered_dots(last_key - first_key, all.head_size, vectors,
                                   by_query ? 0 : term.vector_stride, table, term.table_stride,
                                   all.index + first_key, term.scale, scores + first_key);
  }
}

/// The table rows of all differences that a batch can show.
struct DifferenceRows {
  std::int32_t least = 0;
  std::vector<std::int32_t> rows;
};

DifferenceRows tabulate(const ScoreTerm& term, std::span<const std::int32_t> query_ids,
                        std::span<const std::int32_t> key_ids, std::size_t table_rows,
                        bool from_middle) {
  const auto [low_query, high_query] = std::ranges::minmax(query_ids);
  const auto [low_key, high_key] = std::ranges::minmax(key_ids);
  const auto last_row = static_cast<std::int32_t>(table_rows) - 1;
  const std::int32_t origin = from_middle ? last_row / 2 : 0;
  DifferenceRows out;
  out.least = low_query - high_key;
  for (std::int32_t difference = out.least; difference <= high_query - low_key; ++difference) {
    // Differences between sequences never meet, so the index may be out of range for them.
    out.rows.push_back(std::clamp(origin + term.index(difference), 0, last_row));
  }
  return out;
}

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
  // Behind the kernel's scratch: the visible keys of each query, and an index of one row of keys.
  return machine_.kernels->attention_scratch(keys, static_cast<std::uint64_t>(op.head_size),
                                             static_cast<std::uint64_t>(op.value_columns())) +
         2 * queries + keys;
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
  /// Pairs of query and key that a thread multiplied.
  struct Pairs {
    std::int64_t of_float = 0;
    std::int64_t of_int16 = 0;
  };
  std::vector<Pairs> products(static_cast<std::size_t>(machine_.pool.threads()));
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

    auto* seen = reinterpret_cast<std::int32_t*>(
        own + static_cast<std::size_t>(
                  machine_.kernels->attention_scratch(group.keys, head_size, value_size)));
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
      bound.query_ids = ints(slot(term.query_ids)) + first_query;
      bound.key_ids = ints(slot(term.key_ids)) + first_key;
      bound.rows = differences[i].rows.data();
      bound.least = differences[i].least;
      bound.scale = static_cast<float>(term.scale);
      terms.push_back(bound);
    }
    const BoundTerms bound{terms, key_head * group_heads, head_size, machine_.kernels,
                           seen + 2 * group.queries};
    if (!terms.empty()) {
      group.add_terms = &add_terms;
      group.terms = &bound;
    }
    const bool rounded = machine_.kernels->attention(group, own);
    auto& counted = products[thread];
    (rounded ? counted.of_int16 : counted.of_float) +=
        static_cast<std::int64_t>(pairs * group_heads);
  });
  const std::int64_t vectors = op.head_size + op.value_columns();
  std::int64_t term_vectors = 0;
  for (const ScoreTerm& term : op.terms)
    term_vectors += term.kind == ScoreTerm::Kind::kBias ? 0 : op.head_size;
  for (const Pairs& of_thread : products) {
    counters_.float_multiplications +=
        of_thread.of_float * (vectors + term_vectors) + of_thread.of_int16 * term_vectors;
    counters_.int16_multiplications += of_thread.of_int16 * vectors;
  }
}

}  // namespace verdict::xnnpack
