#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "verdict/base/error.h"
#include "verdict/hub/http.h"

namespace verdict {

/// An address, and whether the token may be sent there.
struct RemoteAddress {
  std::string url;
  bool authorized = false;
};

/// What a server says about a file.
struct RemoteFile {
  RemoteAddress address;  ///< of its bytes
  std::string commit;     ///< empty when the server names none
  std::string etag;       ///< a plain file name; SHA-256 of the content where `has_sha256`
  bool has_sha256 = false;
  std::string validator;  ///< for If-Range; empty when there is none for that address
  std::optional<std::uint64_t> size;
};

/// The answer to "is there this file?".
struct RemoteLookup {
  std::optional<RemoteFile> file;
  /// The server could not be reached or refused; a copy in the cache may be used. Neither this nor
  /// `file`: there is no such file.
  std::optional<Error> trouble;
  std::string commit;  ///< empty when the server names none
};

/// Asks for files and downloads them, along redirects; the token is dropped on the way to another
/// origin. One thread at a time.
class Downloader {
 public:
  Downloader(std::unique_ptr<HttpClient> client, std::string token);

  /// One HEAD request. Throws `kNotFound` for an unknown revision, `kNetwork` for an answer that
  /// is no file or cannot be trusted.
  RemoteLookup look_up(const std::string& url);

  /// Writes the file to `path`, from where an earlier try stopped. Throws `kNetwork` (what has
  /// come stays, to be resumed), `kCorruptFile` for a wrong hash (the file is removed), `kIo`.
  void download(const RemoteFile& file, const std::string& path);

 private:
  struct Answer;
  class PartialFile;
  void transfer(const RemoteFile& file, PartialFile& partial);
  Answer follow(HttpRequest request, RemoteAddress address, const HttpBody& body);
  HttpResponse send(const HttpRequest& request, const HttpBody& body);

  std::unique_ptr<HttpClient> client_;
  std::string token_;
};

}  // namespace verdict
