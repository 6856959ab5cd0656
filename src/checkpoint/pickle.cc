#include "verdict/checkpoint/pickle.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict/checkpoint/refusal.h"

// Opcodes: Lib/pickletools.py of Python. Tensors: torch/_utils.py and torch/serialization.py.
namespace verdict {

namespace {

/// Opcodes that are read, in all pickles of a file: a hundred thousand tensors take half of them.
constexpr std::size_t kMostSteps = std::size_t{1} << 23;
/// Values and marks on the stack at once. Python's pickler keeps a thousand for a container.
constexpr std::size_t kMostDepth = 1 << 16;

constexpr auto kTypes = std::to_array<TorchType>({
    {"FloatStorage", "float32", 4, DType::kF32, false},
    {"DoubleStorage", "float64", 8, DType::kF64, false},
    {"HalfStorage", "float16", 2, DType::kF16, false},
    {"BFloat16Storage", "bfloat16", 2, DType::kBF16, false},
    {"LongStorage", "int64", 8, DType::kI64, false},
    {"IntStorage", "int32", 4, DType::kI32, false},
    {"ShortStorage", "int16", 2, DType::kI16, false},
    {"CharStorage", "int8", 1, DType::kI8, false},
    {"ByteStorage", "uint8", 1, DType::kU8, false},
    {"BoolStorage", "bool", 1, DType::kBool, false},
    {"", "uint16", 2, DType::kU16, false},
    {"", "uint32", 4, DType::kU32, false},
    {"", "uint64", 8, DType::kU64, false},
    {"", "float8_e4m3fn", 1, DType::kU8, true},
    {"", "float8_e4m3fnuz", 1, DType::kU8, true},
    {"", "float8_e5m2", 1, DType::kU8, true},
    {"", "float8_e5m2fnuz", 1, DType::kU8, true},
    {"", "float8_e8m0fnu", 1, DType::kU8, true},
    {"", "complex32", 4, DType::kU8, true},
    {"ComplexFloatStorage", "complex64", 8, DType::kU8, true},
    {"ComplexDoubleStorage", "complex128", 16, DType::kU8, true},
});

/// The globals but for the types' names and storages, which follow them in numbers.
enum Global : std::int64_t {
  kOrderedDict,
  kRebuildTensor2,
  kRebuildTensor3,
  kRebuildParameter,
  kUntypedStorage,
  kGlobalCount,
};

constexpr std::array<std::pair<std::string_view, std::string_view>, kGlobalCount> kGlobals{{
    {"collections", "OrderedDict"},
    {"torch._utils", "_rebuild_tensor_v2"},
    {"torch._utils", "_rebuild_tensor_v3"},
    {"torch._utils", "_rebuild_parameter"},
    {"torch.storage", "UntypedStorage"},
}};

/// The type of a global that is a storage's class or, else, a type's name; null for another.
const TorchType* type_of(const PickleValue& global, bool storage) {
  const std::int64_t number = global.number - kGlobalCount;
  if (global.kind != PickleValue::Kind::kGlobal || number < 0 || (number % 2 == 0) != storage)
    return nullptr;
  return &kTypes[static_cast<std::size_t>(number / 2)];
}

}  // namespace

void Pickle::fail(std::string_view what, std::string_view name, ErrorCode code) const {
  refuse(code, file_, what, name, static_cast<std::int64_t>(start_));
}

std::string_view Pickle::take(std::uint64_t size) {
  if (size > bytes_.size() - at_) {
    is_cut_ = true;
    fail("it ends within a pickle, so it may be truncated");
  }
  const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
  at_ += taken.size();
  return taken;
}

std::uint64_t Pickle::take_number(std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, take(size).data(), size);
  return value;
}

void Pickle::push(Kind kind, std::uint64_t number) {
  if (stack_.size() >= kMostDepth) fail("its pickle nests too deeply");
  stack_.push_back({kind, static_cast<std::int64_t>(number)});
}

void Pickle::push_place(Kind kind, std::string_view part) {
  const auto begin = static_cast<std::uint64_t>(part.data() - bytes_.data());
  push(kind, begin << 32 | part.size());
}

void Pickle::push_text(std::string_view text) {
  if (find_invalid_utf8(text)) fail("a text of its pickle is no UTF-8");
  push_place(Kind::kString, text);
}

std::string_view Pickle::text(const PickleValue& value) const {
  const auto place = static_cast<std::uint64_t>(value.number);
  return bytes_.substr(place >> 32, place & 0xffffffff);
}

void Pickle::push_container(Kind kind, std::span<const PickleValue> items) {
  containers_.emplace_back(items.begin(), items.end());
  push(kind, containers_.size() - 1);
}

std::span<const PickleValue> Pickle::items(const PickleValue& container) const {
  return containers_[static_cast<std::size_t>(container.number)];
}

const PickledTensor& Pickle::tensor(const PickleValue& value) const {
  return tensors_[static_cast<std::size_t>(value.number)];
}

const PickleValue& Pickle::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("its pickle lacks a value");
  return stack_.back();
}

PickleValue Pickle::pop() {
  const PickleValue value = top();
  stack_.pop_back();
  return value;
}

std::vector<PickleValue> Pickle::pop_to_mark() {
  if (marks_.empty()) fail("its pickle lacks a mark");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleValue> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void Pickle::push_tuple_of(std::size_t count) {
  std::array<PickleValue, 3> items;
  for (std::size_t i = count; i-- > 0;) items[i] = pop();
  push_container(Kind::kTuple, std::span(items).first(count));
}

void Pickle::push_long(std::string_view digits) {
  if (digits.size() > sizeof(std::int64_t)) {
    push_place(Kind::kLong, digits);
    return;
  }
  std::uint64_t value = 0;
  for (std::size_t i = digits.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(digits[i]);
  const std::size_t unused = 64 - 8 * digits.size();
  if (!digits.empty())
    value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
  push(Kind::kInt, value);
}

void Pickle::push_global(std::string_view module, std::string_view name) {
  for (std::size_t i = 0; i < kGlobals.size(); ++i) {
    if (kGlobals[i] == std::pair(module, name)) return push(Kind::kGlobal, i);
  }
  for (std::size_t i = 0; i < kTypes.size() && module == "torch" && !name.empty(); ++i) {
    if (name == kTypes[i].storage) return push(Kind::kGlobal, kGlobalCount + 2 * i);
    if (name == kTypes[i].name) return push(Kind::kGlobal, kGlobalCount + 2 * i + 1);
  }
  fail("only tensors and plain containers are read, nothing is executed, but its pickle asks for",
       concat(module, ".", name), ErrorCode::kUnsupported);
}

void Pickle::extend(Kind kind, std::span<const PickleValue> items) {
  const PickleValue& container = top();
  if (container.kind != kind || (kind == Kind::kDict && items.size() % 2 != 0))
    fail("its pickle has items without a container");
  auto& held = containers_[static_cast<std::size_t>(container.number)];
  held.insert(held.end(), items.begin(), items.end());
}

void Pickle::remember(std::uint64_t index) {
  // Every memo takes a byte at least, so this keeps the table as small as the pickle.
  if (index > at_) fail("its pickle's memo has a gap");
  if (index >= memo_.size()) memo_.resize(static_cast<std::size_t>(index) + 1);
  memo_[static_cast<std::size_t>(index)] = top();
}

void Pickle::recall(std::uint64_t index) {
  if (index >= memo_.size()) fail("its pickle's memo lacks a value");
  const PickleValue value = memo_[static_cast<std::size_t>(index)];
  push(value.kind, static_cast<std::uint64_t>(value.number));
}

void Pickle::push_storage() {
  const PickleValue id = pop();
  const auto parts = id.kind == Kind::kTuple ? items(id) : std::span<const PickleValue>();
  // The sixth part is a view of a storage in files before torch 0.4; since then it is None.
  const bool fits = (parts.size() == 5 || (parts.size() == 6 && parts[5].kind == Kind::kOther)) &&
                    parts[0].kind == Kind::kString && text(parts[0]) == "storage" &&
                    parts[2].kind == Kind::kString && parts[4].kind == Kind::kInt &&
                    parts[4].number >= 0;
  PickledStorage storage;
  if (fits) {
    storage = {text(parts[2]), type_of(parts[1], true),
               static_cast<std::uint64_t>(parts[4].number)};
  }
  const bool is_untyped =
      fits && parts[1].kind == Kind::kGlobal && parts[1].number == kUntypedStorage;
  if (storage.type == nullptr && !is_untyped) fail("its pickle has a persistent id of no storage");
  const auto [entry, is_new] = storage_of_.try_emplace(storage.key, storages_.size());
  if (is_new) {
    storages_.push_back(storage);
  } else if (storages_[entry->second].type != storage.type ||
             storages_[entry->second].count != storage.count) {
    fail("its pickle gives a storage two types or sizes", storage.key);
  }
  push(Kind::kStorage, entry->second);
}

void Pickle::push_tensor(std::span<const PickleValue> arguments, bool has_type) {
  // storage, offset, sizes, strides, requires_grad, hooks, [type], [metadata]
  const std::size_t least = has_type ? 7 : 6;
  if (arguments.size() < least || arguments.size() > least + 1 ||
      arguments[0].kind != Kind::kStorage || arguments[1].kind != Kind::kInt ||
      arguments[2].kind != Kind::kTuple || arguments[3].kind != Kind::kTuple) {
    fail("its pickle has a tensor with other arguments than torch.save writes");
  }
  PickledTensor tensor;
  tensor.storage = static_cast<std::size_t>(arguments[0].number);
  tensor.type = has_type ? type_of(arguments[6], false) : storages_[tensor.storage].type;
  if (tensor.type == nullptr) fail("its pickle has a tensor without a dtype");
  tensor.offset = arguments[1].number;
  tensor.sizes = arguments[2];
  tensor.strides = arguments[3];
  tensors_.push_back(tensor);
  push(Kind::kTensor, tensors_.size() - 1);
}

void Pickle::reduce() {
  const PickleValue tuple = pop();
  const PickleValue callee = pop();
  if (tuple.kind == Kind::kTuple && callee.kind == Kind::kGlobal) {
    const auto arguments = items(tuple);
    switch (callee.number) {
      case kOrderedDict:
        if (!arguments.empty()) break;
        return push_container(Kind::kDict, {});
      case kRebuildTensor2:
      case kRebuildTensor3:
        return push_tensor(arguments, callee.number == kRebuildTensor3);
      case kRebuildParameter:
        if (arguments.size() != 3 || arguments[0].kind != Kind::kTensor) break;
        return push(Kind::kTensor, static_cast<std::uint64_t>(arguments[0].number));
      default:
        break;
    }
  }
  fail("its pickle calls what is no tensor and no container", {}, ErrorCode::kUnsupported);
}

void Pickle::build() {
  const PickleValue state = pop();
  // An OrderedDict's attributes: `_metadata` with versions of modules.
  if (state.kind != Kind::kDict || top().kind != Kind::kDict)
    fail("its pickle sets attributes of what is no dict", {}, ErrorCode::kUnsupported);
}

PickleValue Pickle::load() {
  stack_.clear();
  marks_.clear();
  memo_.clear();
  start_ = at_;
  if (take_number(1) != 0x80) fail("no pickle of protocol 2 or later begins here");
  at_ = start_;
  for (;;) {
    start_ = at_;
    if (++steps_ > kMostSteps) fail("its pickle is too long", {}, ErrorCode::kUnsupported);
    const std::uint64_t opcode = take_number(1);
    switch (opcode) {
      case 0x80:  // PROTO
        if (const std::uint64_t protocol = take_number(1); protocol < 2 || protocol > 5)
          fail("its pickle has an unknown protocol", {}, ErrorCode::kUnsupported);
        break;
      case 0x95:  // FRAME
        take_number(8);
        break;
      case '.': {  // STOP
        const PickleValue value = pop();
        if (!stack_.empty() || !marks_.empty()) fail("its pickle ends with several values");
        return value;
      }
      case '(':  // MARK
        if (marks_.size() >= kMostDepth) fail("its pickle nests too deeply");
        marks_.push_back(stack_.size());
        break;
      case '0':  // POP
        pop();
        break;
      case '1':  // POP_MARK
        pop_to_mark();
        break;
      case 'N':  // NONE
        push(Kind::kOther);
        break;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        push(Kind::kBool, opcode == 0x88);
        break;
      case 'K':  // BININT1
        push(Kind::kInt, take_number(1));
        break;
      case 'M':  // BININT2
        push(Kind::kInt, take_number(2));
        break;
      case 'J':  // BININT
        push_long(take(4));
        break;
      case 0x8a:  // LONG1
        push_long(take(take_number(1)));
        break;
      case 'G':  // BINFLOAT
        take(8);
        push(Kind::kOther);
        break;
      case 'U':   // SHORT_BINSTRING
      case 0x8c:  // SHORT_BINUNICODE
        push_text(take(take_number(1)));
        break;
      case 'T':  // BINSTRING
      case 'X':  // BINUNICODE
        push_text(take(take_number(4)));
        break;
      case 'C':  // SHORT_BINBYTES
        take(take_number(1));
        push(Kind::kOther);
        break;
      case 'B':  // BINBYTES
        take(take_number(4));
        push(Kind::kOther);
        break;
      case ')':  // EMPTY_TUPLE
        push_container(Kind::kTuple, {});
        break;
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        push_tuple_of(static_cast<std::size_t>(opcode - 0x84));
        break;
      case 't':  // TUPLE
        push_container(Kind::kTuple, pop_to_mark());
        break;
      case ']':  // EMPTY_LIST
        push_container(Kind::kList, {});
        break;
      case 'a': {  // APPEND
        const PickleValue item = pop();
        extend(Kind::kList, {&item, 1});
        break;
      }
      case 'e':  // APPENDS
        extend(Kind::kList, pop_to_mark());
        break;
      case '}':  // EMPTY_DICT
        push_container(Kind::kDict, {});
        break;
      case 's': {  // SETITEM
        const PickleValue value = pop();
        const std::array item{pop(), value};
        extend(Kind::kDict, item);
        break;
      }
      case 'u':  // SETITEMS
        extend(Kind::kDict, pop_to_mark());
        break;
      case 'q':  // BINPUT
        remember(take_number(1));
        break;
      case 'r':  // LONG_BINPUT
        remember(take_number(4));
        break;
      case 0x94:  // MEMOIZE
        remember(memo_.size());
        break;
      case 'h':  // BINGET
        recall(take_number(1));
        break;
      case 'j':  // LONG_BINGET
        recall(take_number(4));
        break;
      case 'c': {  // GLOBAL
        const auto line = [&] {
          const std::size_t end = bytes_.find('\n', at_);
          const std::string_view taken = take(end == std::string_view::npos ? end : end + 1 - at_);
          return taken.substr(0, taken.size() - 1);
        };
        const std::string_view module = line();
        push_global(module, line());
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const PickleValue name = pop();
        const PickleValue module = pop();
        if (name.kind != Kind::kString || module.kind != Kind::kString)
          fail("a global has no name");
        push_global(text(module), text(name));
        break;
      }
      case 'Q':  // BINPERSID
        push_storage();
        break;
      case 'R':  // REDUCE
        reduce();
        break;
      case 'b':  // BUILD
        build();
        break;
      default:
        fail("its pickle has an opcode that torch.save does not write", {},
             ErrorCode::kUnsupported);
    }
  }
}

}  // namespace verdict
