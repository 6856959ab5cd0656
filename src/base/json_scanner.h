#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace verdict {

/// Reads JSON text (RFC 8259) value by value: for `parse_json`, and for lists and objects that are
/// too large for a tree of nodes. Text that is no JSON ends in `Malformed`, whose catcher has
/// `parse_json` word the error. That the text is UTF-8 is the caller's to check.
class JsonScanner {
 public:
  struct Malformed {};

  explicit JsonScanner(std::string_view text) : text_(text) {}

  /// The next character that is no white space, which is not passed; NUL at the end.
  char peek();

  /// Whether nothing but white space is left.
  bool at_end() { return peek() == '\0' && at_ >= text_.size(); }

  /// The byte that was not passed yet.
  std::size_t position() const { return at_; }

  /// Passes the next character if it is this one.
  bool take(char c);
  void expect(char c);

  /// The content of a string: a part of the text, or of `room` where it has escapes.
  std::string_view string(std::string& room);

  /// Whether a number comes next.
  bool at_number();

  /// The text of a number.
  std::string_view number();

  /// The text of any value without the white space around it, which is checked no further than
  /// finding its end takes.
  std::string_view value();

  /// Calls `item()`, which passes a value, for each item of an array.
  template <typename Item>
  void array(const Item& item) {
    list('[', ']', item);
  }

  /// Calls `member(key)`, which passes a value, for each member of an object. The key is valid
  /// until the next string with escapes.
  template <typename Member>
  void object(const Member& member) {
    list('{', '}', [&] {
      const std::string_view key = string(key_);
      expect(':');
      member(key);
    });
  }

 private:
  template <typename Item>
  void list(char open, char close, const Item& item) {
    expect(open);
    if (take(close)) return;
    do {
      item();
    } while (take(','));
    expect(close);
  }

  void escape(std::string& out);
  char32_t hexadecimal();
  void digits();
  char at() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string key_;
};

}  // namespace verdict
