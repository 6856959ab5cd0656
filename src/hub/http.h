#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace verdict {

struct HttpRequest {
  bool head_only = false;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
};

enum class HttpFailure {
  kNone,
  kUnreachable,  ///< no answer came
  kBroken,       ///< the answer broke off, or stalled
  kInsecure,     ///< the certificate or the encryption is not to be trusted
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;  ///< names in lower case
  std::string redirect;  ///< absolute address that a 3xx answer points to
  HttpFailure failure = HttpFailure::kNone;
  std::string reason;  ///< of the failure, without a full stop

  /// A header's value; empty when it is missing.
  std::string_view header(std::string_view name) const;
};

/// Takes a piece of a successful (2xx) answer's body; `head` has status and headers. What it throws
/// ends the transfer and comes out of `send`.
using HttpBody = std::function<void(const HttpResponse& head, std::span<const std::byte> piece)>;

/// Sends single requests; follows no redirects. One thread at a time.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual HttpResponse send(const HttpRequest& request, const HttpBody& body) = 0;
};

/// A client over libcurl. Timeouts in seconds: for the whole of a HEAD request, and without a byte
/// received.
std::unique_ptr<HttpClient> curl_client(int head_timeout, int stall_timeout);

}  // namespace verdict
