#include <curl/curl.h>

#include <algorithm>
#include <exception>
#include <new>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/hub/http.h"
#include "verdict/hub/names.h"

namespace verdict {

namespace {

constexpr long kConnectTimeout = 10;

/// libcurl wants one initialisation before the first handle, by one thread. It is never undone:
/// other users of libcurl may live in the process.
void initialize_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) {
    throw Error(ErrorCode::kInternal,
                concat("libcurl cannot be initialised: ", curl_easy_strerror(result), "."));
  }
}

/// What the callbacks of one transfer share.
struct Transfer {
  CURL* curl;
  const HttpBody& body;
  HttpResponse response;
  std::exception_ptr exception;
  bool unwanted_body = false;

  /// Runs a callback's work; exceptions must not cross libcurl.
  template <typename Work>
  std::size_t run(std::size_t size, const Work& work) {
    try {
      return work() ? size : 0;
    } catch (...) {
      exception = std::current_exception();
      return 0;
    }
  }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return transfer.run(size, [&] {
    const std::string_view line(data, size);
    const std::size_t colon = line.find(':');
    if (starts_with(line, "HTTP/")) {
      // A new answer, for example after 100 Continue.
      transfer.response.headers.clear();
    } else if (colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(), ascii_lower);
      transfer.response.headers.insert_or_assign(name, trimmed(line.substr(colon + 1)));
    }
    return true;
  });
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return transfer.run(size, [&] {
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    transfer.unwanted_body = status < 200 || status >= 300;
    if (transfer.unwanted_body) return false;
    transfer.body(transfer.response, std::as_bytes(std::span(data, size)));
    return true;
  });
}

HttpFailure failure_of(CURLcode code, int status) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return HttpFailure::kInsecure;
    default:
      return status == 0 ? HttpFailure::kUnreachable : HttpFailure::kBroken;
  }
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(int head_timeout, int stall_timeout)
      : head_timeout_(head_timeout), stall_timeout_(stall_timeout) {
    initialize_curl();
    curl_.reset(curl_easy_init());
    if (curl_ == nullptr) throw std::bad_alloc();
  }

  HttpResponse send(const HttpRequest& request, const HttpBody& body) override {
    CURL* const curl = curl_.get();
    // Keeps open connections; sets the options back.
    curl_easy_reset(curl);
    Transfer transfer{curl, body, {}, nullptr};
    Headers headers;
    for (const auto& [name, value] : request.headers) {
      curl_slist* const longer =
          curl_slist_append(headers.get(), concat(name, ": ", value).c_str());
      if (longer == nullptr) throw std::bad_alloc();
      static_cast<void>(headers.release());
      headers.reset(longer);
    }
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "verdict/" VERDICT_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, std::min<long>(kConnectTimeout, head_timeout_));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall_timeout_));
    if (request.head_only) {
      curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
      curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(head_timeout_));
    }
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    char details[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, details);

    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
    if (transfer.exception) std::rethrow_exception(transfer.exception);
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
    HttpResponse& response = transfer.response;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    const char* redirect = nullptr;
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect != nullptr) response.redirect = redirect;
    if (code != CURLE_OK && !transfer.unwanted_body) {
      response.failure = failure_of(code, response.status);
      response.reason = *details == '\0' ? curl_easy_strerror(code) : details;
    }
    return std::move(response);
  }

 private:
  struct FreeHandle {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  };
  struct FreeHeaders {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using Headers = std::unique_ptr<curl_slist, FreeHeaders>;

  std::unique_ptr<CURL, FreeHandle> curl_;
  int head_timeout_;
  int stall_timeout_;
};

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::unique_ptr<HttpClient> curl_client(int head_timeout, int stall_timeout) {
  return std::make_unique<CurlClient>(head_timeout, stall_timeout);
}

}  // namespace verdict
