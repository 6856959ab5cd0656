#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "verdict/base/strings.h"

namespace verdict::testing {

/// A request as the server got it; header names in lower case.
struct Request {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Closes after so many bytes of the body, whatever Content-Length says.
  std::optional<std::size_t> close_after = std::nullopt;
  /// Keeps the connection open, silent, for so long before the body.
  std::chrono::milliseconds silence{0};
  /// Closes without any answer.
  bool drop = false;
};

/// An HTTP/1.1 server on the loopback, on a port of its own; one thread a connection, one request a
/// connection. Content-Length is the body's unless the reply gives one.
class HttpServer {
 public:
  explicit HttpServer(std::function<Reply(const Request&)> handler)
      : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, any, size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, any, &size) != 0) {
      ADD_FAILURE() << "No server can listen on the loopback.";
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~HttpServer() { stop(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// From here on connections are refused.
  void stop() {
    if (listener_ < 0) return;
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close(listener_);
    listener_ = -1;
    for (std::thread& thread : connections_) thread.join();
    connections_.clear();
  }

  std::string url(std::string_view host = "127.0.0.1") const {
    return concat("http://", host, ":", port_);
  }

  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  std::size_t count(std::string_view method) const {
    const auto all = requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& r) { return r.method == method; }));
  }

 private:
  void accept_all() {
    for (;;) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      connections_.emplace_back([this, connection] {
        serve(connection);
        close(connection);
      });
    }
  }

  static Request parse(const std::string& text) {
    Request request;
    const std::size_t space = text.find(' ');
    request.method = text.substr(0, space);
    request.path = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
    for (std::size_t at = text.find("\r\n") + 2; at < text.size();) {
      const std::size_t end = text.find("\r\n", at);
      const std::size_t colon = text.find(": ", at);
      if (end == at || colon == std::string::npos) break;
      std::string name = text.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers[name] = text.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return request;
  }

  static void send_all(int connection, std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void serve(int connection) {
    std::string text;
    char buffer[4096];
    // A TLS greeting (0x16) is answered, too, so that its sender notices.
    while (text.find("\r\n\r\n") == std::string::npos && !starts_with(text, "\x16")) {
      const ssize_t n = recv(connection, buffer, sizeof buffer, 0);
      if (n <= 0) return;
      text.append(buffer, static_cast<std::size_t>(n));
    }
    const Request request = starts_with(text, "\x16") ? Request{} : parse(text);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const Reply reply = handler_(request);
    if (reply.drop) return;
    std::string head = concat("HTTP/1.1 ", reply.status, " Status\r\nConnection: close\r\n");
    bool has_length = false;
    for (const auto& [name, value] : reply.headers) {
      head += concat(name, ": ", value, "\r\n");
      has_length = has_length || name == "Content-Length";
    }
    if (!has_length) head += concat("Content-Length: ", reply.body.size(), "\r\n");
    send_all(connection, head + "\r\n");
    if (request.method == "HEAD") return;
    std::this_thread::sleep_for(reply.silence);
    send_all(connection,
             std::string_view(reply.body).substr(0, reply.close_after.value_or(reply.body.size())));
    shutdown(connection, SHUT_WR);
  }

  std::function<Reply(const Request&)> handler_;
  int listener_;
  int port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> connections_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
};

}  // namespace verdict::testing
