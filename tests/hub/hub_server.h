#pragma once

#include <map>
#include <mutex>
#include <string>

#include "hub/http_server.h"
#include "verdict/base/sha256.h"

namespace verdict::testing {

inline const std::string kCommit(40, 'a');

inline std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.digest();
}

/// Stands for the git blob's SHA-1: what counts is that it changes with the content.
inline std::string git_tag(std::string_view text) { return sha256(text).substr(0, 40); }

/// Answers as a hub does: `/<repo>/resolve/<revision>/<file>` with X-Repo-Commit, ETag and ranges;
/// files named in `large` with X-Linked-Etag (SHA-256) and X-Linked-Size.
class Hub {
 public:
  std::string repo = "org/name";
  std::string commit = kCommit;
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> large;

  Reply operator()(const Request& request) const {
    const std::string prefix = concat("/", repo, "/resolve/");
    if (!starts_with(request.path, prefix)) return refusal(404, "RepoNotFound");
    const std::string rest = request.path.substr(prefix.size());
    const std::size_t slash = rest.find('/');
    const std::string revision = rest.substr(0, slash);
    if (revision != "main" && revision != commit && revision != "refs%2Fpr%2F1")
      return refusal(404, "RevisionNotFound");
    const std::string file = rest.substr(slash + 1);
    Reply reply;
    if (const auto found = large.find(file); found != large.end()) {
      reply = content(request, found->second, sha256(found->second));
      reply.headers.emplace_back("X-Linked-Etag", concat("\"", sha256(found->second), "\""));
      reply.headers.emplace_back("X-Linked-Size", std::to_string(found->second.size()));
    } else if (const auto small = files.find(file); small != files.end()) {
      reply = content(request, small->second, git_tag(small->second));
    } else {
      reply = refusal(404, "EntryNotFound");
    }
    reply.headers.emplace_back("X-Repo-Commit", commit);
    return reply;
  }

  static Reply refusal(int status, const std::string& code) {
    return {status, {{"X-Error-Code", code}, {"Content-Type", "text/html"}}, "<html>no</html>"};
  }

  /// The content or the range of it that is asked for.
  static Reply content(const Request& request, const std::string& text, const std::string& tag) {
    Reply reply{200, {{"ETag", concat("\"", tag, "\"")}}, text};
    const std::string condition = request.header("if-range");
    const std::string range = request.header("range");
    if (range.empty() || (!condition.empty() && condition != reply.headers[0].second)) return reply;
    const std::size_t begin = std::stoull(range.substr(std::string("bytes=").size()));
    if (begin >= text.size()) return {416, {}, ""};
    reply.status = 206;
    reply.body = text.substr(begin);
    reply.headers.emplace_back("Content-Range",
                               concat("bytes ", begin, "-", text.size() - 1, "/", text.size()));
    return reply;
  }
};

}  // namespace verdict::testing
