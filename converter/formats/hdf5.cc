#include "verdict_convert/formats/hdf5.h"

#include <algorithm>
#include <set>
#include <utility>

#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict_convert/formats/hdf5_dense.h"

namespace verdict::convert::hdf5 {

namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
constexpr std::uint64_t kLeastUserBlock = 512;

constexpr int kMostSoftLinks = 8;
constexpr std::size_t kDeepestGroup = 64;
/// What an entry of a map takes beside its text.
constexpr std::uint64_t kMapEntry = 40;

/// The text up to its end within a local heap.
std::string_view heap_text(const Fields& at, std::span<const std::byte> heap,
                           std::uint64_t offset) {
  if (offset >= heap.size()) at.corrupt("names an entry outside of its heap");
  const std::string_view rest(reinterpret_cast<const char*>(heap.data()) + offset,
                              heap.size() - static_cast<std::size_t>(offset));
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) at.corrupt("names an entry without an end");
  return rest.substr(0, end);
}

}  // namespace

File::File(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), bytes_(*source_), attributes_(bytes_), limits_(source_->size()) {
  read_superblock();
}

void File::read_superblock() {
  constexpr std::string_view kSuperblock = "the superblock";
  // It follows a user block of 0, 512, 1024, … bytes.
  std::uint64_t start = 0;
  std::string signature(kSignature.size(), '\0');
  while (true) {
    if (start + kSignature.size() > source_->size())
      bytes_.corrupt(0, "it has no signature of HDF5");
    source_->read(start, std::as_writable_bytes(std::span(signature)));
    if (signature == kSignature) break;
    start = std::max(2 * start, kLeastUserBlock);
  }
  const std::uint64_t head_size = std::min<std::uint64_t>(96 + 4, source_->size() - start);
  const auto head = bytes_.read(start, head_size, kSuperblock);
  Fields fields(bytes_, head, start, kSuperblock);
  fields.skip(kSignature.size());
  const unsigned version = fields.byte();
  if (version > 3) fields.unsupported(concat("has version ", version, "; at most 3 is read"));
  const bool is_old = version < 2;
  fields.skip(is_old ? 4 : 0);
  const std::size_t address_size = fields.byte();
  const std::size_t length_size = fields.byte();
  if ((address_size != 4 && address_size != 8) || (length_size != 4 && length_size != 8)) {
    fields.unsupported(concat("has addresses of ", address_size, " bytes and sizes of ",
                              length_size, "; 4 or 8 were expected"));
  }
  bytes_.set_format(0, address_size, length_size);
  fields.skip(is_old ? 9 : 1);
  fields.skip(version == 1 ? 4 : 0);
  const std::uint64_t base = fields.address();
  if (base != start)
    fields.corrupt(concat("tells that the file begins at byte ", base, " instead of ", start));
  fields.skip(address_size);
  const std::uint64_t end = fields.address();
  if (end > source_->size() || end < start) {
    fields.corrupt(
        concat("tells that the file ends at byte ", end, ", but it has ", source_->size()));
  }
  if (is_old) {
    // The driver's block, and the name of the root group's entry.
    fields.skip(2 * address_size);
    root_ = fields.address();
  } else {
    root_ = fields.address();
    fields.skip(4);
    check_checksum(bytes_, std::span(head).first(fields.at()), start, kSuperblock);
  }
  bytes_.set_format(base, address_size, length_size);
}

void File::insert(Links& links, std::string_view name, Link link) {
  bytes_.charge(kMapEntry + name.size() + link.path.size());
  const std::uint64_t position = link.position;
  if (!links.emplace(std::string(name), std::move(link)).second)
    bytes_.corrupt(position, concat("a group has the entry ", quoted_text(name), " twice"));
}

void File::add_link(Fields fields, Links& links) {
  Link link;
  link.position = fields.position();
  fields.version(1);
  const unsigned flags = fields.byte();
  const unsigned kind = (flags & 0x08) != 0 ? fields.byte() : 0;
  fields.skip((flags & 0x04) != 0 ? 8 : 0);
  fields.skip((flags & 0x10) != 0 ? 1 : 0);
  const std::string_view name = fields.text(fields.number(std::size_t{1} << (flags & 3)));
  if (kind == 0) {
    link.address = fields.address();
  } else if (kind == 1) {
    link.kind = Link::Kind::kSoft;
    link.path = fields.text(fields.number(2));
  } else {
    // External links, and whatever else a program made up.
    link.kind = Link::Kind::kExternal;
  }
  insert(links, name, std::move(link));
}

void File::read_symbol_table(Fields message, Links& links) {
  constexpr std::string_view kHeap = "a group's heap";
  constexpr std::string_view kTree = "a group's B-tree";
  constexpr std::string_view kNode = "a group's symbol node";
  const std::size_t width = bytes_.address_size();
  const std::uint64_t tree = message.address();
  const std::uint64_t heap_at = message.address();
  const auto heap_head = bytes_.read(heap_at, 8 + 2 * bytes_.length_size() + width, kHeap);
  Fields heap_fields(bytes_, heap_head, bytes_.position(heap_at, heap_head.size(), kHeap), kHeap);
  heap_fields.signature("HEAP");
  heap_fields.version(0);
  heap_fields.skip(3);
  const std::uint64_t heap_size = heap_fields.length();
  heap_fields.length();
  const auto heap = bytes_.read(heap_fields.address(), heap_size, kHeap);

  const auto read_node = [&](std::uint64_t address) {
    const auto head = bytes_.read(address, 8, kNode);
    Fields start(bytes_, head, bytes_.position(address, 8, kNode), kNode);
    start.signature("SNOD");
    start.version(1);
    start.skip(1);
    const std::uint64_t count = start.number(2);
    const auto entries = bytes_.read(address + 8, count * (2 * width + 24), kNode);
    Fields fields(bytes_, entries, bytes_.position(address + 8, entries.size(), kNode), kNode);
    for (std::uint64_t i = 0; i < count; ++i) {
      Link link;
      link.position = fields.position();
      const std::string_view name = heap_text(fields, heap, fields.number(width));
      link.address = fields.address();
      const std::uint64_t kind = fields.number(4);
      fields.skip(4);
      if (kind == 2) {
        link.kind = Link::Kind::kSoft;
        link.path = heap_text(fields, heap, fields.number(4));
        fields.skip(12);
      } else {
        fields.skip(16);
      }
      insert(links, name, std::move(link));
    }
  };

  // Levels sink to 0, so that no circle is possible.
  struct Pending {
    std::uint64_t address;
    std::optional<unsigned> level;
  };
  std::vector<Pending> pending{{tree, std::nullopt}};
  while (!pending.empty()) {
    const Pending next = pending.back();
    pending.pop_back();
    const std::uint64_t head_size = 8 + 2 * width;
    const auto head = bytes_.read(next.address, head_size, kTree);
    Fields start(bytes_, head, bytes_.position(next.address, head_size, kTree), kTree);
    start.signature("TREE");
    if (start.byte() != 0) start.corrupt("is no group's");
    const unsigned level = start.byte();
    if (level != next.level.value_or(level)) start.corrupt("has a wrong level");
    const std::uint64_t count = start.number(2);
    const auto entries =
        bytes_.read(next.address + head_size, count * (bytes_.length_size() + width), kTree);
    Fields fields(bytes_, entries, bytes_.position(next.address + head_size, entries.size(), kTree),
                  kTree);
    for (std::uint64_t i = 0; i < count; ++i) {
      fields.length();
      const std::uint64_t child = fields.address();
      if (level == 0) {
        read_node(child);
      } else {
        pending.push_back({child, level - 1});
      }
    }
  }
}

const Links& File::links(std::uint64_t group) {
  const auto known = groups_.find(group);
  if (known != groups_.end()) return known->second;
  const Object object = read_object(bytes_, group);
  bytes_.charge(kMapEntry);
  Links links;
  for (const Message& message : object.messages) {
    Fields fields(bytes_, message.bytes, message.position, "a group's entry");
    switch (message.type) {
      case MessageType::kSymbolTable:
        read_symbol_table(fields, links);
        break;
      case MessageType::kLink:
        add_link(fields, links);
        break;
      case MessageType::kLinkInfo: {
        fields.version(0);
        fields.skip((fields.byte() & 1) != 0 ? 8 : 0);
        const std::uint64_t heap = fields.address();
        const std::uint64_t names = fields.address();
        if (heap == kUndefined) break;
        for_each_dense(bytes_, heap, names, DenseKind::kLinks,
                       [&](Fields link) { add_link(link, links); });
        break;
      }
      default:
        break;
    }
  }
  return groups_.emplace(group, std::move(links)).first->second;
}

std::optional<std::uint64_t> File::find(std::uint64_t group, std::string_view path) {
  return find(group, path, kMostSoftLinks);
}

std::optional<std::uint64_t> File::find(std::uint64_t group, std::string_view path,
                                        int soft_links) {
  std::uint64_t at = group;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (name.empty() || name == ".") continue;
    const Links& entries = links(at);
    const auto found = entries.find(name);
    if (found == entries.end()) return std::nullopt;
    const Link& link = found->second;
    switch (link.kind) {
      case Link::Kind::kHard:
        at = link.address;
        break;
      case Link::Kind::kSoft: {
        bytes_.charge(link.path.size());
        if (soft_links == 0)
          bytes_.corrupt(link.position, concat("the soft link ", quoted_text(name),
                                               " leads over too many others, or in a circle"));
        const auto target = find(starts_with(link.path, "/") ? root_ : at, link.path, --soft_links);
        if (!target) {
          bytes_.corrupt(link.position, concat("the soft link ", quoted_text(name), " leads to ",
                                               quoted_text(link.path), ", which does not exist"));
        }
        at = *target;
        break;
      }
      case Link::Kind::kExternal:
        bytes_.unsupported(link.position, concat("the entry ", quoted_text(name),
                                                 " is a link to another file; none is followed"));
    }
  }
  return at;
}

bool File::is_dataset(std::uint64_t object) {
  return read_object(bytes_, object).find(MessageType::kLayout) != nullptr;
}

Dataset File::dataset(std::uint64_t object, std::string_view name) {
  return parse_dataset(bytes_, read_object(bytes_, object), limits_, name);
}

std::vector<std::pair<std::string, std::uint64_t>> File::datasets(std::uint64_t group) {
  struct Pending {
    std::uint64_t object;
    std::string path;
    std::size_t depth;
  };
  std::vector<std::pair<std::string, std::uint64_t>> out;
  std::set<std::uint64_t> seen{group};
  std::vector<Pending> pending{{group, "", 0}};
  while (!pending.empty()) {
    const Pending next = std::move(pending.back());
    pending.pop_back();
    if (next.depth > 0 && is_dataset(next.object)) {
      out.emplace_back(next.path, next.object);
      continue;
    }
    if (next.depth == kDeepestGroup) {
      bytes_.unsupported(bytes_.position(next.object, 0, "a group"),
                         concat("its groups are more than ", kDeepestGroup, " deep"));
    }
    for (const auto& [name, link] : links(next.object)) {
      if (link.kind == Link::Kind::kExternal) {
        bytes_.unsupported(link.position, concat("the entry ", quoted_text(name),
                                                 " is a link to another file; none is followed"));
      }
      if (link.kind != Link::Kind::kHard || !seen.insert(link.address).second) continue;
      bytes_.charge(kMapEntry + next.path.size() + name.size());
      pending.push_back(
          {link.address, next.path.empty() ? name : concat(next.path, "/", name), next.depth + 1});
    }
  }
  std::ranges::sort(out);
  return out;
}

std::optional<std::vector<std::string>> File::strings(std::uint64_t object, std::string_view name) {
  return attributes_.strings(read_object(bytes_, object), name);
}

}  // namespace verdict::convert::hdf5
