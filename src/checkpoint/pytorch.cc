#include "verdict/checkpoint/pytorch.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/pickle.h"
#include "verdict/checkpoint/refusal.h"
#include "verdict/checkpoint/zip.h"

// The formats: torch/serialization.py (`_save`, `_legacy_save`).
namespace verdict {

namespace {

using Kind = PickleValue::Kind;

/// The first pickles of a legacy file: 0x1950a86a20f9469cfc6c and 1001.
constexpr std::string_view kLegacyMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::int64_t kLegacyProtocol = 1001;
/// What is read of a legacy file to begin with: pickles do not tell their length.
constexpr std::uint64_t kLegacyHead = 1 << 18;
/// Before the data of a legacy storage stands its number of elements.
constexpr std::uint64_t kCountBytes = 8;
/// torch has no limit, but no model comes near.
constexpr std::size_t kMostDimensions = 16;

/// Copies a view of `data`, in the order of its indices.
void gather(std::span<const std::byte> data, std::span<const std::int64_t> shape,
            std::span<const std::int64_t> strides, std::size_t element, std::byte*& out) {
  const bool is_row = shape.size() == 1 && strides.front() == 1;
  if (shape.empty() || is_row) {
    const std::size_t size = is_row ? static_cast<std::size_t>(shape.front()) * element : element;
    std::memcpy(out, data.data(), size);
    out += size;
    return;
  }
  for (std::int64_t i = 0; i < shape.front(); ++i) {
    const auto skipped = static_cast<std::size_t>(i * strides.front()) * element;
    gather(data.subspan(skipped), shape.subspan(1), strides.subspan(1), element, out);
  }
}

class PyTorchFile final : public CheckpointReader {
 public:
  explicit PyTorchFile(std::unique_ptr<ByteSource> file) : file_(std::move(file)) {
    std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(file_->size(), 64)), '\0');
    file_->read(0, std::as_writable_bytes(std::span(start)));
    if (starts_with(start, "PK")) {
      open_zip();
    } else if (starts_with(start, "\x80")) {
      open_legacy();
    } else if (starts_with(start, "version https://git-lfs")) {
      fail("it is a pointer of Git LFS; get the file that it stands for");
    } else {
      fail("it is no file of torch.save");
    }
  }

  std::span<const TensorInfo> tensors() const override { return tensors_; }

  ByteRange range(std::size_t index) const override {
    return storages_[views_.at(index).storage].range;
  }

  void read(std::size_t index, std::span<std::byte> out) const override {
    const View& view = views_.at(index);
    const TensorInfo& tensor = tensors_[index];
    if (!tensor.foreign_dtype.empty()) {
      fail(concat("a tensor has the dtype ", tensor.foreign_dtype, ", which is not supported"),
           tensor.name, ErrorCode::kUnsupported);
    }
    const std::size_t element = dtype_size(tensor.dtype);
    if (view.is_whole) {
      held_ = {};
      held_storage_.reset();
      read_storage(view.storage, out);
    } else if (!out.empty()) {
      hold(view.storage);
      std::byte* to = out.data();
      gather(std::span(held_).subspan(view.offset * element), tensor.shape, view.strides, element,
             to);
    }
    if (!is_big_endian_) return;
    for (std::size_t at = 0; at < out.size(); at += element)
      std::reverse(out.begin() + static_cast<std::ptrdiff_t>(at),
                   out.begin() + static_cast<std::ptrdiff_t>(at + element));
  }

 private:
  struct Storage {
    std::string name;  ///< of the zip's member; of the key in a legacy file
    ByteRange range;   ///< with what stands before its data
    std::uint64_t size = 0;
    std::uint64_t count = 0;  ///< of elements
    std::optional<ZipMember> member;
  };

  struct View {
    std::size_t storage = 0;
    std::size_t offset = 0;  ///< in elements
    std::vector<std::int64_t> strides;
    bool is_whole = false;  ///< all of its storage, in the storage's order
  };

  [[noreturn]] void fail(std::string_view what, std::string_view name = {},
                         ErrorCode code = ErrorCode::kCorruptFile) const {
    refuse(code, file_->name(), what, name);
  }

  void open_zip() {
    const ZipMembers members = read_zip_directory(*file_);
    std::string root;
    for (const auto& [name, member] : members) {
      if (!ends_with(name, "/data.pkl") || name.find('/') != name.size() - 9) continue;
      if (!root.empty()) fail("it has several members data.pkl");
      root = name.substr(0, name.size() - 8);
    }
    if (root.empty()) fail("it has no member data.pkl, so torch.save did not write it");
    if (members.contains(root + "constants.pkl")) {
      fail("it is a TorchScript program; save the model's state dict instead", {},
           ErrorCode::kUnsupported);
    }
    const auto content = [&](const std::string& name) {
      return read_zip_member(*file_, name, members.at(name), Pickle::kMostBytes);
    };
    if (members.contains(root + "byteorder")) {
      const std::string order = content(root + "byteorder");
      is_big_endian_ = order == "big";
      if (!is_big_endian_ && order != "little") fail("its byte order is unknown", order);
    }
    const std::string bytes = content(root + "data.pkl");
    Pickle pickle(bytes, file_->name());
    const PickleValue state = pickle.load();
    for (const PickledStorage& pickled : pickle.storages()) {
      Storage& storage = add_storage(pickled);
      storage.name = concat(root, "data/", pickled.key);
      const auto found = members.find(storage.name);
      if (found == members.end()) fail("its pickle asks for a member that it lacks", storage.name);
      storage.member = found->second;
      storage.range = {storage.member->begin, storage.member->end};
      if (storage.member->size != storage.size)
        fail("its pickle gives a member another size", storage.name);
    }
    add_tensors(pickle, state);
  }

  void open_legacy() {
    std::string head;
    for (std::uint64_t size = kLegacyHead;; size *= 8) {
      size = std::min({size, file_->size(), Pickle::kMostBytes});
      head.resize(static_cast<std::size_t>(size));
      file_->read(0, std::as_writable_bytes(std::span(head)));
      Pickle pickle(head, file_->name());
      try {
        return open_legacy(pickle);
      } catch (const Error&) {
        if (!pickle.is_cut() || size == file_->size() || size == Pickle::kMostBytes) throw;
      }
    }
  }

  void open_legacy(Pickle& pickle) {
    const PickleValue magic = pickle.load();
    if (magic.kind != Kind::kLong || pickle.text(magic) != kLegacyMagic)
      pickle.fail("it is no file of torch.save, though it is a pickle");
    const PickleValue protocol = pickle.load();
    if (protocol.kind != Kind::kInt || protocol.number != kLegacyProtocol)
      pickle.fail("its protocol is not 1001");
    check_system(pickle, pickle.load());
    const PickleValue state = pickle.load();
    const PickleValue keys = pickle.load();
    if (keys.kind != Kind::kList || pickle.items(keys).size() != pickle.storages().size())
      pickle.fail("its list of storages has other keys than its tensors");

    storages_.clear();
    std::map<std::string_view, std::size_t> of_key;
    for (const PickledStorage& pickled : pickle.storages()) {
      of_key.emplace(pickled.key, storages_.size());
      add_storage(pickled).name = pickled.key;
    }
    std::uint64_t at = pickle.position();
    for (const PickleValue& key : pickle.items(keys)) {
      const auto found = key.kind == Kind::kString ? of_key.find(pickle.text(key)) : of_key.end();
      if (found == of_key.end())
        pickle.fail("its list of storages has a key twice, or one that no tensor has");
      Storage& storage = storages_[found->second];
      of_key.erase(found);
      const std::uint64_t room = file_->size() - at;
      if (room < kCountBytes || storage.size > room - kCountBytes)
        fail("it ends within a storage, so it may be truncated", storage.name);
      storage.range = {at, at + kCountBytes + storage.size};
      at = storage.range.end;
    }
    add_tensors(pickle, state);
  }

  static void check_system(const Pickle& pickle, const PickleValue& system) {
    if (system.kind != Kind::kDict) pickle.fail("it does not tell the system that wrote it");
    const auto items = pickle.items(system);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (items[i].kind == Kind::kString && pickle.text(items[i]) == "little_endian" &&
          (items[i + 1].kind != Kind::kBool || items[i + 1].number == 0)) {
        pickle.fail("a big-endian system wrote it", {}, ErrorCode::kUnsupported);
      }
    }
  }

  Storage& add_storage(const PickledStorage& pickled) {
    Storage& storage = storages_.emplace_back();
    storage.count = pickled.count;
    const auto size = checked_mul<std::uint64_t>(pickled.count, pickled.element_size());
    if (!size || *size > file_->size())
      fail("a storage would be larger than the file", pickled.key);
    storage.size = *size;
    return storage;
  }

  void add_tensors(const Pickle& pickle, const PickleValue& state) {
    if (state.kind != Kind::kDict)
      fail("it holds no dict of tensors; save the model's state_dict()", {},
           ErrorCode::kUnsupported);
    const auto items = pickle.items(state);
    std::set<std::string_view> names;
    std::vector<std::pair<TensorInfo, View>> found;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (items[i].kind != Kind::kString) fail("a key of its dict is no text");
      const std::string_view name = pickle.text(items[i]);
      if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < ' '; }))
        fail("a key has control characters", name);
      if (!names.insert(name).second) fail("its dict has a key twice", name);
      if (items[i + 1].kind == Kind::kTensor) {
        found.push_back(make_tensor(name, pickle, pickle.tensor(items[i + 1])));
      } else if (items[i + 1].kind >= Kind::kTuple) {
        fail(
            "it is no state dict, but a training checkpoint perhaps; save the model's "
            "state_dict(). "
            "A value is no tensor",
            name, ErrorCode::kUnsupported);
      }
    }
    if (found.empty()) fail("it holds no tensors", {}, ErrorCode::kUnsupported);
    std::set<std::pair<std::uint64_t, std::size_t>> order;
    for (std::size_t i = 0; i < found.size(); ++i)
      order.emplace(storages_[found[i].second.storage].range.begin, i);
    for (const auto& [place, i] : order) {
      tensors_.push_back(std::move(found[i].first));
      views_.push_back(std::move(found[i].second));
    }
  }

  std::pair<TensorInfo, View> make_tensor(std::string_view name, const Pickle& pickle,
                                          const PickledTensor& pickled) const {
    const Storage& storage = storages_[pickled.storage];
    const auto sizes = pickle.items(pickled.sizes);
    const auto strides = pickle.items(pickled.strides);
    if (sizes.size() != strides.size() || sizes.size() > kMostDimensions)
      fail("the sizes and strides of a tensor do not fit", name);
    TensorInfo info;
    View view;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      for (const PickleValue& value : {sizes[i], strides[i]}) {
        if (value.kind != Kind::kInt || value.number < 0)
          fail("a tensor has a size or a stride that is no number", name);
      }
      info.shape.push_back(sizes[i].number);
      view.strides.push_back(strides[i].number);
    }
    const auto element = static_cast<std::int64_t>(pickled.type->size);
    const auto count = element_count(info.shape);
    const auto bytes = count ? checked_mul(*count, element) : std::nullopt;
    // A view may show its elements many times, but what it takes must come from the file.
    if (!bytes || static_cast<std::uint64_t>(*bytes) > file_->size())
      fail("a tensor would be larger than the file", name);
    if (pickled.offset < 0) fail("a tensor would begin before its storage", name);
    // One past the last element.
    std::optional<std::int64_t> end = pickled.offset;
    if (*count > 0) {
      std::optional<std::int64_t> last = pickled.offset;
      for (std::size_t i = 0; i < info.shape.size() && last; ++i) {
        const auto step = checked_mul(info.shape[i] - 1, view.strides[i]);
        last = step ? checked_add(*last, *step) : std::nullopt;
      }
      end = last ? checked_add<std::int64_t>(*last, 1) : std::nullopt;
    }
    const auto end_byte = end ? checked_mul(*end, element) : std::nullopt;
    if (!end_byte || static_cast<std::uint64_t>(*end_byte) > storage.size)
      fail("a tensor would reach beyond its storage", name);
    info.name = name;
    info.dtype = pickled.type->dtype;
    if (pickled.type->is_foreign) info.foreign_dtype = pickled.type->name;
    info.end = static_cast<std::uint64_t>(*bytes);
    view.storage = pickled.storage;
    view.offset = static_cast<std::size_t>(pickled.offset);
    view.is_whole = view.offset == 0 && info.end == storage.size && info.end > 0 &&
                    is_contiguous(info.shape, view.strides);
    return {std::move(info), std::move(view)};
  }

  static bool is_contiguous(std::span<const std::int64_t> shape,
                            std::span<const std::int64_t> strides) {
    std::int64_t next = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
      if (shape[i] != 1 && strides[i] != next) return false;
      next *= shape[i];
    }
    return true;
  }

  void hold(std::size_t storage) const {
    if (held_storage_ == storage) return;
    held_storage_.reset();
    held_ = {};
    held_.resize(static_cast<std::size_t>(storages_[storage].size));
    read_storage(storage, held_);
    held_storage_ = storage;
  }

  void read_storage(std::size_t index, std::span<std::byte> out) const {
    const Storage& storage = storages_[index];
    if (storage.member) {
      file_->read(find_zip_data(*file_, storage.name, *storage.member), out);
      return check_zip_data(*file_, storage.name, *storage.member, out);
    }
    std::uint64_t count = 0;
    file_->read(storage.range.begin, std::as_writable_bytes(std::span(&count, 1)));
    if (count != storage.count) {
      refuse(ErrorCode::kCorruptFile, file_->name(), "its pickle gives a storage another size",
             storage.name, static_cast<std::int64_t>(storage.range.begin));
    }
    file_->read(storage.range.begin + kCountBytes, out);
  }

  std::unique_ptr<ByteSource> file_;
  bool is_big_endian_ = false;
  std::vector<Storage> storages_;
  std::vector<TensorInfo> tensors_;
  std::vector<View> views_;  // by tensor
  /// The storage whose views were read last.
  mutable std::optional<std::size_t> held_storage_;
  mutable std::vector<std::byte> held_;
};

}  // namespace

std::unique_ptr<CheckpointReader> open_pytorch(std::unique_ptr<ByteSource> file) {
  return std::make_unique<PyTorchFile>(std::move(file));
}

}  // namespace verdict
