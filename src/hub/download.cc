#include "verdict/hub/download.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "verdict/base/byte_source.h"
#include "verdict/base/sha256.h"
#include "verdict/base/strings.h"
#include "verdict/hub/hub.h"
#include "verdict/hub/names.h"

namespace verdict {

namespace {

constexpr int kMostRedirects = 10;
/// Tries of a request that the server is too busy for, and of a transfer that brings nothing new.
constexpr int kTries = 3;
constexpr int kLongestWait = 10;  // seconds

/// Before the next try, longer each time; a server may ask for more.
void wait_before_retry(int failed_tries, const HttpResponse& response) {
  std::chrono::milliseconds wait(250 << failed_tries);
  const std::string_view asked = response.header("retry-after");
  int seconds = 0;
  const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
  if (error == std::errc() && end == asked.data() + asked.size() && seconds >= 0) {
    wait = std::chrono::seconds(std::min(seconds, kLongestWait));
  }
  std::this_thread::sleep_for(wait);
}

std::optional<std::uint64_t> to_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The plain value of an entity tag.
std::string_view tag_value(std::string_view header) {
  if (starts_with(header, "W/")) header.remove_prefix(2);
  while (starts_with(header, "\"")) header.remove_prefix(1);
  while (ends_with(header, "\"")) header.remove_suffix(1);
  return header;
}

bool is_sha256(std::string_view tag) {
  return tag.size() == 64 && tag.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A tag as the name of a blob: itself, as huggingface_hub does, where it can be one.
std::string blob_name(std::string_view tag) {
  constexpr std::size_t kLongest = 200;
  const bool ok = is_plain_name(tag) && tag.size() <= kLongest && tag.front() != '.' &&
                  !ends_with(tag, ".incomplete");
  return ok ? std::string(tag) : short_hash(tag);
}

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

Error failure_error(const HttpResponse& response, const std::string& url) {
  return {ErrorCode::kNetwork,
          response.failure == HttpFailure::kInsecure
              ? concat("The connection to \"", url, "\" is not safe: ", response.reason,
                       ". Check the address, the proxy and the machine's certificates.")
              : concat("\"", url, "\" cannot be reached: ", response.reason,
                       ". Check the connection, or use a model that is on disk.")};
}

Error status_error(const HttpResponse& response, const std::string& url) {
  const std::string_view code = response.header("x-error-code");
  const int status = response.status;
  if (code == "RepoNotFound") {
    return {ErrorCode::kNotFound,
            concat("The server knows no model for \"", url, "\" (status ", status,
                   "). Check the name; a private model needs a token "
                   "(option token or HF_TOKEN).")};
  }
  if (code == "RevisionNotFound") {
    return {ErrorCode::kNotFound, concat("The model has no such revision: \"", url, "\" (status ",
                                         status, "). Check the option revision.")};
  }
  if (code == "GatedRepo") {
    return {ErrorCode::kNetwork,
            concat("\"", url, "\" is gated (status ", status,
                   "). Accept the model's conditions on its page and pass a token that may read it "
                   "(option token or HF_TOKEN).")};
  }
  if (status == 401 || status == 403) {
    return {ErrorCode::kNetwork,
            concat("\"", url, "\" needs permission (status ", status,
                   "). Check the name and pass a token that may read it (option token or "
                   "HF_TOKEN).")};
  }
  return {ErrorCode::kNetwork,
          concat("\"", url, "\" answered with status ", status,
                 status == 429 ? " (too many requests)" : "", ". Try again later.")};
}

void refuse_web_page(const HttpResponse& response, const std::string& url) {
  if (response.header("content-type").find("text/html") != std::string_view::npos &&
      !ends_with(url, ".html")) {
    throw Error(ErrorCode::kNetwork,
                concat("\"", url,
                       "\" answered with a web page (HTML) instead of the file. Check the name and "
                       "the address (HF_ENDPOINT); a proxy or a login page may stand between."));
  }
}

/// Where the bytes of a 206 answer begin.
std::optional<std::uint64_t> range_begin(const HttpResponse& response) {
  const std::string_view range = response.header("content-range");
  if (!starts_with(range, "bytes ")) return std::nullopt;
  const std::string_view rest = range.substr(6);
  return to_size(rest.substr(0, rest.find('-')));
}

/// Refuses an answer whose bytes do not continue the `loaded` ones of the file.
void check_continuation(const HttpResponse& head, const RemoteFile& file, std::uint64_t loaded) {
  refuse_web_page(head, file.address.url);
  if (head.status == 206 && range_begin(head) != loaded) {
    throw Error(ErrorCode::kNetwork,
                concat("\"", file.address.url, "\" sent another range than was asked for."));
  }
  const std::string_view tag = head.header("etag");
  if (starts_with(file.validator, "\"") && !tag.empty() && tag != file.validator) {
    throw Error(ErrorCode::kNetwork,
                concat("\"", file.address.url, "\" changed while it was loaded. Try again."));
  }
}

}  // namespace

/// A download that is being written; continues what is there.
class Downloader::PartialFile {
 public:
  PartialFile(std::string path, bool hashed) : path_(std::move(path)), hashed_(hashed) {
    open("ae");
    std::error_code error;
    size_ = std::filesystem::file_size(path_, error);
    if (error) fail(error.message());
    if (!hashed_ || size_ == 0) return;
    const auto source = open_file(path_);
    std::vector<std::byte> piece(std::size_t{1} << 20);
    for (std::uint64_t at = 0; at < size_; at += piece.size()) {
      piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size_ - at)));
      source->read(at, piece);
      hash_.update(piece);
    }
  }

  std::uint64_t size() const { return size_; }

  void append(std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
      fail(std::strerror(errno));
    if (hashed_) hash_.update(bytes);
    size_ += bytes.size();
  }

  void restart() {
    open("we");
    size_ = 0;
    hash_ = Sha256();
  }

  void flush() {
    if (std::fflush(file_.get()) != 0) fail(std::strerror(errno));
  }

  void remove() { std::remove(path_.c_str()); }

  std::string sha256() const { return Sha256(hash_).digest(); }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void open(const char* mode) {
    file_.reset(std::fopen(path_.c_str(), mode));
    if (file_ == nullptr) fail(std::strerror(errno));
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::kIo, concat("The download \"", path_, "\" cannot be written: ", reason,
                                       ". Free space or set HF_HOME or the option cache_dir."));
  }

  std::string path_;
  bool hashed_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_ = 0;
  Sha256 hash_;
};

/// The last answer of a chain of redirects.
struct Downloader::Answer {
  HttpResponse response;
  RemoteAddress address;               // that gave it
  std::optional<RemoteAddress> bytes;  // where it says that the content is, when it describes it
  std::string commit;
};

Downloader::Downloader(std::unique_ptr<HttpClient> client, std::string token)
    : client_(std::move(client)), token_(std::move(token)) {}

HttpResponse Downloader::send(const HttpRequest& request, const HttpBody& body) {
  for (int tries = 1;; ++tries) {
    HttpResponse response = client_->send(request, body);
    const bool busy = response.status == 429 || response.status >= 500;
    if (response.failure != HttpFailure::kNone || !busy || tries == kTries) return response;
    wait_before_retry(tries - 1, response);
  }
}

Downloader::Answer Downloader::follow(HttpRequest request, RemoteAddress address,
                                      const HttpBody& body) {
  const auto headers = request.headers;
  std::string commit;
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    request.url = address.url;
    request.headers = headers;
    if (address.authorized && !token_.empty())
      request.headers.emplace_back("Authorization", concat("Bearer ", token_));
    HttpResponse response = send(request, body);
    if (const auto named = response.header("x-repo-commit"); is_plain_name(named)) commit = named;
    if (response.redirect.empty() || response.failure != HttpFailure::kNone)
      return {std::move(response), std::move(address), std::nullopt, std::move(commit)};
    const std::string& target = response.redirect;
    if (!is_url(target) ||
        (starts_with(address.url, "https://") && !starts_with(target, "https://"))) {
      throw Error(ErrorCode::kNetwork, concat("\"", address.url, "\" redirects to \"", target,
                                              "\", which is not as safe. Check the address."));
    }
    RemoteAddress next{target, address.authorized && url_origin(target) == url_origin(address.url)};
    // A hub describes a large file in the redirect to its store, which may not answer to HEAD.
    if (request.head_only && !response.header("x-linked-etag").empty())
      return {std::move(response), std::move(address), std::move(next), std::move(commit)};
    address = std::move(next);
  }
  throw Error(
      ErrorCode::kNetwork,
      concat("\"", address.url, "\" is reached after too many redirects. Check the address."));
}

RemoteLookup Downloader::look_up(const std::string& url) {
  const Answer answer = follow({true, url, {{"Accept-Encoding", "identity"}}}, {url, true},
                               [](const HttpResponse&, std::span<const std::byte>) {});
  const HttpResponse& response = answer.response;
  RemoteLookup found;
  found.commit = answer.commit;
  if (response.failure == HttpFailure::kInsecure) throw failure_error(response, answer.address.url);
  if (response.failure != HttpFailure::kNone) {
    found.trouble = failure_error(response, answer.address.url);
    return found;
  }
  if (!is_success(response) && !answer.bytes) {
    const std::string_view code = response.header("x-error-code");
    if (code == "RevisionNotFound") throw status_error(response, url);
    if (response.status != 404 || code == "RepoNotFound")
      found.trouble = status_error(response, answer.address.url);
    return found;
  }
  if (!answer.bytes) refuse_web_page(response, answer.address.url);

  RemoteFile file;
  file.address = answer.bytes.value_or(answer.address);
  file.commit = answer.commit;
  const std::string_view linked_tag = response.header("x-linked-etag");
  const std::string_view own_tag = response.header("etag");
  const std::string_view modified = response.header("last-modified");
  file.size = to_size(response.header("x-linked-size"));
  if (!file.size && !answer.bytes) file.size = to_size(response.header("content-length"));
  if (const auto tag = tag_value(linked_tag.empty() ? own_tag : linked_tag); !tag.empty()) {
    file.etag = blob_name(tag);
    file.has_sha256 = is_sha256(tag);
    if (!answer.bytes && starts_with(own_tag, "\"")) file.validator = own_tag;
  } else if (!modified.empty()) {
    file.etag = short_hash(concat(url, "\n", modified, "\n", file.size.value_or(0)));
    file.validator = modified;
  } else {
    throw Error(ErrorCode::kNetwork,
                concat("\"", answer.address.url,
                       "\" answers without ETag and Last-Modified, so that it cannot be cached. "
                       "Download the folder and pass its path."));
  }
  found.file = std::move(file);
  return found;
}

void Downloader::transfer(const RemoteFile& file, PartialFile& partial) {
  const std::string& url = file.address.url;
  for (int fruitless = 0;;) {
    const std::uint64_t before = partial.size();
    HttpRequest request{false, "", {{"Accept-Encoding", "identity"}}};
    if (before > 0) {
      request.headers.emplace_back("Range", concat("bytes=", before, "-"));
      if (!file.validator.empty()) request.headers.emplace_back("If-Range", file.validator);
    }
    bool begun = false;
    const auto take = [&](const HttpResponse& head, std::span<const std::byte> piece) {
      if (!std::exchange(begun, true)) {
        check_continuation(head, file, partial.size());
        if (head.status != 206 && partial.size() > 0) partial.restart();
      }
      partial.append(piece);
      if (file.size && partial.size() > *file.size) {
        partial.remove();
        throw Error(ErrorCode::kNetwork, concat("\"", url, "\" sent more than the announced ",
                                                *file.size, " bytes. Try again."));
      }
    };
    const Answer answer = follow(std::move(request), file.address, take);
    partial.flush();
    const HttpResponse& response = answer.response;
    if (response.failure == HttpFailure::kNone && is_success(response)) return;
    if (response.failure == HttpFailure::kInsecure)
      throw failure_error(response, answer.address.url);
    // 416: what is there cannot be continued.
    const bool unsatisfiable = response.status == 416 && before > 0;
    if (response.failure == HttpFailure::kNone && !unsatisfiable)
      throw status_error(response, answer.address.url);
    if (unsatisfiable) partial.restart();
    fruitless = partial.size() > before ? 0 : fruitless + 1;
    if (fruitless == kTries) {
      throw Error(ErrorCode::kNetwork,
                  concat("The download of \"", url, "\" broke off after ", partial.size(),
                         file.size ? concat(" of ", *file.size) : "", " bytes: ", response.reason,
                         ". Try again; it resumes there."));
    }
    if (fruitless > 0) wait_before_retry(fruitless - 1, response);
  }
}

void Downloader::download(const RemoteFile& file, const std::string& path) {
  const std::string& url = file.address.url;
  PartialFile partial(path, file.has_sha256);
  // What is there is continued only when the end result is checked or the server can tell.
  const bool resumable = file.has_sha256 || !file.validator.empty();
  if (partial.size() > 0 && (!resumable || (file.size && partial.size() > *file.size)))
    partial.restart();
  for (;;) {
    const bool continued = partial.size() > 0;
    if (partial.size() != file.size) transfer(file, partial);
    if (file.size && partial.size() != *file.size) {
      partial.remove();
      throw Error(ErrorCode::kNetwork,
                  concat("\"", url, "\" sent ", partial.size(), " bytes instead of the announced ",
                         *file.size, ". Try again."));
    }
    if (!file.has_sha256 || partial.sha256() == file.etag) return;
    if (!continued) {
      partial.remove();
      throw Error(ErrorCode::kCorruptFile,
                  concat("\"", url, "\" arrived damaged: its SHA-256 is ", partial.sha256(),
                         " instead of ", file.etag, ". Try again."));
    }
    partial.restart();
  }
}

}  // namespace verdict
