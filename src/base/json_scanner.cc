#include "verdict/base/json_scanner.h"

#include "verdict/base/utf8.h"

namespace verdict {

char JsonScanner::peek() {
  while (at() == ' ' || at() == '\n' || at() == '\t' || at() == '\r') ++at_;
  return at();
}

bool JsonScanner::take(char c) {
  if (peek() != c) return false;
  ++at_;
  return true;
}

void JsonScanner::expect(char c) {
  if (!take(c)) throw Malformed();
}

std::string_view JsonScanner::string(std::string& room) {
  expect('"');
  const std::size_t first = at_;
  bool has_escapes = false;
  for (std::size_t part = first;;) {
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) throw Malformed();
      ++at_;
    }
    if (at_ == text_.size()) throw Malformed();
    const std::string_view plain = text_.substr(part, at_ - part);
    if (text_[at_++] == '"') {
      if (!has_escapes) return plain;
      return room += plain;
    }
    if (!has_escapes) room.clear();
    has_escapes = true;
    room += plain;
    escape(room);
    part = at_;
  }
}

void JsonScanner::escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kCharacters = "\"\\/\b\f\n\r\t";
  const char name = at();
  ++at_;
  if (name != 'u') {
    const std::size_t index = kNames.find(name);
    if (index == std::string_view::npos) throw Malformed();
    out += kCharacters[index];
    return;
  }
  char32_t c = hexadecimal();
  if (c >= 0xd800 && c < 0xdc00 && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    const char32_t low = hexadecimal();
    if (low < 0xdc00 || low > 0xdfff) throw Malformed();
    c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
  }
  if (c >= 0xd800 && c < 0xe000) throw Malformed();
  append_code_point(out, c);
}

char32_t JsonScanner::hexadecimal() {
  char32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    std::size_t digit = at() == '\0' ? std::string_view::npos : kDigits.find(at());
    if (digit == std::string_view::npos) throw Malformed();
    if (digit > 15) digit -= 6;
    value = value << 4 | static_cast<char32_t>(digit);
    ++at_;
  }
  return value;
}

void JsonScanner::digits() {
  const std::size_t first = at_;
  while (at() >= '0' && at() <= '9') ++at_;
  if (at_ == first) throw Malformed();
}

bool JsonScanner::at_number() {
  const char c = peek();
  return c == '-' || (c >= '0' && c <= '9');
}

std::string_view JsonScanner::number() {
  peek();
  const std::size_t first = at_;
  if (at() == '-') ++at_;
  const bool is_zero = at() == '0';
  const std::size_t integer = at_;
  digits();
  if (is_zero && at_ > integer + 1) throw Malformed();
  if (at() == '.') {
    ++at_;
    digits();
  }
  if (at() == 'e' || at() == 'E') {
    ++at_;
    if (at() == '+' || at() == '-') ++at_;
    digits();
  }
  return text_.substr(first, at_ - first);
}

std::string_view JsonScanner::value() {
  peek();
  const std::size_t first = at_;
  std::size_t depth = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      // A quote behind an escape ends no string.
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\';
      if (at_ >= text_.size()) throw Malformed();
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (depth == 0 && (c == '}' || c == ']' || c == ',' || c <= ' ')) {
      break;
    } else if (c == '}' || c == ']') {
      --depth;
    }
    ++at_;
    if (depth == 0 && (c == '"' || c == '}' || c == ']')) break;
  }
  return text_.substr(first, at_ - first);
}

}  // namespace verdict
