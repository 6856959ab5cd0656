#include "verdict/hub/hub.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "hub/hub_server.h"
#include "support/errors.h"
#include "support/fixtures.h"
#include "verdict/auto/auto_model.h"
#include "verdict/hub/names.h"
#include "verdict/tokenizers/auto_tokenizer.h"

namespace verdict::testing {
namespace {

namespace fs = std::filesystem;

std::string file_text(const std::string& path) { return read_text(*open_file(path)); }

void write_text(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string text_of(const FileSet& files, const std::string& name) {
  const auto file = files.open(name);
  return file ? read_text(*file) : "(none)";
}

/// Names of the partial files and locks' neighbours that a finished download must not leave.
std::vector<std::string> leftovers(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (ends_with(name, ".incomplete") || ends_with(name, ".tmp")) found.push_back(name);
  }
  return found;
}

/// Environment variables that are put back.
class Environment {
 public:
  ~Environment() {
    for (const auto& [name, value] : before_) apply(name, value);
  }
  void set(const std::string& name, const std::optional<std::string>& value) {
    const char* old = std::getenv(name.c_str());
    before_.try_emplace(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
    apply(name, value);
  }

 private:
  static void apply(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      setenv(name.c_str(), value->c_str(), 1);
    } else {
      unsetenv(name.c_str());
    }
  }
  std::map<std::string, std::optional<std::string>> before_;
};

/// A home of its own for every test, and no variable of the machine's.
class HubTest : public ::testing::Test {
 protected:
  HubTest() {
    for (const char* name :
         {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
          "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN",
          "HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT", "XDG_CACHE_HOME", "HF_ENDPOINT"}) {
      environment_.set(name, std::nullopt);
    }
    environment_.set("no_proxy", "127.0.0.1,localhost");
    environment_.set("HF_HOME", home_.path());
  }

  void use(const HttpServer& server) { environment_.set("HF_ENDPOINT", server.url()); }

  std::string cache() const { return home_.path() + "/hub"; }
  std::string repo() const { return cache() + "/models--org--name"; }
  std::string snapshot(const std::string& file) const {
    return concat(repo(), "/snapshots/", kCommit, "/", file);
  }

  /// A snapshot as Python's huggingface_hub leaves it.
  void write_snapshot(const std::map<std::string, std::string>& files,
                      const std::string& revision = "main") const {
    for (const auto& [file, text] : files) {
      const std::string tag = git_tag(text);
      write_text(concat(repo(), "/blobs/", tag), text);
      fs::create_directories(fs::path(snapshot(file)).parent_path());
      fs::create_symlink("../../blobs/" + tag, snapshot(file));
    }
    write_text(concat(repo(), "/refs/", revision), kCommit);
  }

  TemporaryFolder home_;
  Environment environment_;
};

HubOptions at_revision(const std::string& revision) {
  HubOptions options;
  options.revision = revision;
  return options;
}

HubOptions local_only() {
  HubOptions options;
  options.local_files_only = true;
  return options;
}

TEST(RepoId, FollowsTheHubsRules) {
  for (const char* good : {"foo", "foo/bar", "123", "Foo-BAR_foo.bar123", "_a/b_"})
    EXPECT_EQ(repo_id_fault(good), "") << good;
  EXPECT_EQ(repo_id_fault(std::string(96, 'x')), "");
  for (const char* bad : {"", "/", "a/", "/a", "a/b/c", ".a", "a.", "-a", "a-", "foo--bar", "a..b",
                          "foo.git", "a b", "caf\xc3\xa9", "a/../b", "a\nb"})
    EXPECT_NE(repo_id_fault(bad), "") << bad;
  EXPECT_NE(repo_id_fault(std::string(97, 'x')), "");
}

TEST_F(HubTest, WhatCannotBeAModelIsRefusedWithoutAsking) {
  HttpServer server{Hub{}};
  use(server);
  for (const char* name : {"../name", "/no/such/folder", "a/b/c", "org/..", "a--b", ""})
    expect_error(
        ErrorCode::kNotFound, [&] { open_model(name); }, "There is no folder", name);
  write_text(home_.path() + "/config.json", "{}");
  expect_error(
      ErrorCode::kNotFound, [&] { open_model(home_.path() + "/config.json"); }, "is a file",
      "folder");
  for (const char* path :
       {"..", "../main", "a/../b", "/main", "a//b", "a/", "", ".", "a\\b", "a\nb"}) {
    expect_error(
        ErrorCode::kInvalidArgument, [&] { open_model("org/name", at_revision(path)); },
        "revision");
    expect_error(
        ErrorCode::kInvalidArgument, [&] { open_model("org/name")->open(path); }, "file name");
    HubOptions options;
    options.subfolder = path;
    if (!options.subfolder.empty()) {
      expect_error(
          ErrorCode::kInvalidArgument, [&] { open_model("org/name", options); }, "subfolder");
      expect_error(
          ErrorCode::kInvalidArgument, [&] { open_model(home_.path(), options); }, "subfolder");
    }
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HubTest, AFolderOnDiskComesFirst) {
  HttpServer server{Hub{}};
  use(server);
  write_text(home_.path() + "/model/sub/config.json", "sub");
  HubOptions options;
  options.subfolder = "sub";
  EXPECT_EQ(text_of(*open_model(home_.path() + "/model", options), "config.json"), "sub");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HubTest, AFreshDownloadHasPythonsLayout) {
  Hub hub;
  hub.files = {{"config.json", "{}"}, {"onnx/a b.txt", "deep"}};
  hub.files["onnx/a%20b.txt"] = hub.files["onnx/a b.txt"];
  hub.large = {{"model.safetensors", "weights"}};
  HttpServer server(hub);
  use(server);
  const auto files = open_model("org/name");
  EXPECT_TRUE(server.requests().empty()) << "files are fetched when they are opened";
  EXPECT_EQ(text_of(*files, "config.json"), "{}");
  EXPECT_EQ(text_of(*files, "model.safetensors"), "weights");
  HubOptions deep;
  deep.subfolder = "onnx";
  EXPECT_EQ(text_of(*open_model("org/name", deep), "a b.txt"), "deep");

  EXPECT_EQ(file_text(repo() + "/refs/main"), kCommit);
  EXPECT_EQ(fs::read_symlink(snapshot("config.json")), "../../blobs/" + git_tag("{}"));
  EXPECT_EQ(fs::read_symlink(snapshot("model.safetensors")), "../../blobs/" + sha256("weights"));
  EXPECT_EQ(fs::read_symlink(snapshot("onnx/a b.txt")), "../../../blobs/" + git_tag("deep"));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(repo() + "/blobs/" + git_tag("{}"))));
  EXPECT_TRUE(fs::exists(concat(cache(), "/.locks/models--org--name/", git_tag("{}"), ".lock")));
  EXPECT_TRUE(leftovers(home_.path()).empty());
}

TEST_F(HubTest, ACurrentFileCostsOneHeadRequest) {
  Hub hub;
  hub.files = {{"config.json", "{}"}};
  HttpServer server(hub);
  use(server);
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "{}");
  EXPECT_EQ(server.count("GET"), 1u);
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "{}");
  EXPECT_EQ(server.count("GET"), 1u);
  EXPECT_EQ(server.count("HEAD"), 2u);
}

TEST_F(HubTest, ANewCommitIsFetchedAndUnchangedBlobsAreShared) {
  Hub hub;
  hub.files = {{"config.json", "old"}, {"vocab.txt", "same"}};
  {
    HttpServer server(hub);
    use(server);
    EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "old");
    EXPECT_EQ(text_of(*open_model("org/name"), "vocab.txt"), "same");
  }
  hub.commit = std::string(40, 'b');
  hub.files["config.json"] = "new";
  HttpServer server(hub);
  use(server);
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "new");
  EXPECT_EQ(text_of(*open_model("org/name"), "vocab.txt"), "same");
  EXPECT_EQ(server.count("GET"), 1u);
  EXPECT_EQ(file_text(repo() + "/refs/main"), hub.commit);
  EXPECT_EQ(text_of(*open_model("org/name", at_revision(kCommit)), "config.json"), "old");
}

TEST_F(HubTest, ACachedCommitNeedsNoServer) {
  Hub hub;
  hub.files = {{"config.json", "{}"}};
  HttpServer server(hub);
  use(server);
  EXPECT_EQ(text_of(*open_model("org/name", at_revision(kCommit)), "config.json"), "{}");
  EXPECT_EQ(text_of(*open_model("org/name", at_revision(kCommit)), "vocab.txt"), "(none)");
  const std::size_t asked = server.requests().size();
  EXPECT_EQ(asked, 3u);
  EXPECT_FALSE(fs::exists(repo() + "/refs"));
  const auto files = open_model("org/name", at_revision(kCommit));
  EXPECT_EQ(text_of(*files, "config.json"), "{}");
  EXPECT_EQ(text_of(*files, "vocab.txt"), "(none)");
  EXPECT_TRUE(files->contains("config.json"));
  EXPECT_FALSE(files->contains("vocab.txt"));
  EXPECT_EQ(server.requests().size(), asked);
}

TEST_F(HubTest, ARevisionMayHaveSlashes) {
  Hub hub;
  hub.files = {{"config.json", "{}"}};
  HttpServer server(hub);
  use(server);
  EXPECT_EQ(text_of(*open_model("org/name", at_revision("refs/pr/1")), "config.json"), "{}");
  EXPECT_EQ(file_text(repo() + "/refs/refs/pr/1"), kCommit);
  server.stop();
  EXPECT_EQ(text_of(*open_model("org/name", at_revision("refs/pr/1")), "config.json"), "{}");
}

TEST_F(HubTest, ASnapshotOfPythonsIsFoundOffline) {
  HttpServer server{Hub{}};
  use(server);
  write_snapshot({{"config.json", "{}"}});
  EXPECT_EQ(text_of(*open_model("org/name", local_only()), "config.json"), "{}");
  EXPECT_EQ(text_of(*open_model("org/name", local_only()), "vocab.txt"), "(none)");
  expect_error(
      ErrorCode::kNotFound, [] { open_model("org/name", local_only())->require("vocab.txt"); },
      "vocab.txt", "local_files_only");
  HubOptions commit = local_only();
  commit.revision = kCommit;
  EXPECT_EQ(text_of(*open_model("org/name", commit), "config.json"), "{}");
  expect_error(ErrorCode::kInvalidArgument,
               [] { open_model("org/name", local_only())->open("../../refs/main"); });
  environment_.set("HF_HUB_OFFLINE", "1");
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "{}");
  expect_error(
      ErrorCode::kNotFound, [] { open_model("org/other"); }, "org/other", "HF_HUB_OFFLINE",
      "cache");
  expect_error(
      ErrorCode::kNotFound, [] { open_model("org/name", at_revision("v1")); }, "v1");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HubTest, TheCacheFolderIsWherePythonHasIt) {
  write_snapshot({{"config.json", "{}"}});
  environment_.set("HF_HUB_OFFLINE", "true");
  const auto is_found = [] { return text_of(*open_model("org/name"), "config.json") == "{}"; };
  const std::string other = home_.path() + "/x/huggingface/hub";
  fs::create_directories(other);
  fs::rename(repo(), other + "/models--org--name");
  expect_error(ErrorCode::kNotFound, is_found, cache());
  environment_.set("HF_HUB_CACHE", other);
  EXPECT_TRUE(is_found());
  environment_.set("HF_HUB_CACHE", std::nullopt);
  HubOptions options;
  options.cache_dir = other;
  EXPECT_EQ(text_of(*open_model("org/name", options), "config.json"), "{}");
  environment_.set("HF_HOME", std::nullopt);
  environment_.set("XDG_CACHE_HOME", home_.path() + "/x");
  EXPECT_TRUE(is_found());
  environment_.set("XDG_CACHE_HOME", std::nullopt);
  environment_.set("HOME", home_.path());
  fs::rename(home_.path() + "/x", home_.path() + "/.cache");
  EXPECT_TRUE(is_found());
  environment_.set("HF_HOME", "~/.cache/huggingface");
  EXPECT_TRUE(is_found());
  environment_.set("HF_HOME", std::nullopt);
  environment_.set("HOME", std::nullopt);
  expect_error(ErrorCode::kIo, is_found, "HF_HOME", "cache_dir");
  environment_.set("HF_HUB_OFFLINE", std::nullopt);
  EXPECT_NE(open_model("org/name", options), nullptr) << "a named cache needs no HOME";
}

TEST_F(HubTest, AReferenceThatIsNoCommitIsNotFollowed) {
  write_snapshot({{"config.json", "{}"}});
  write_text(repo() + "/refs/main", "../../..");
  expect_error(
      ErrorCode::kCorruptFile, [] { open_model("org/name", local_only()); }, "refs/main");
}

TEST_F(HubTest, TheCachedSnapshotStandsInForAServerThatFails) {
  write_snapshot({{"config.json", "{}"}});
  for (const int status : {0, 401, 500}) {
    HttpServer server([&](const Request&) {
      Reply reply{status, {{"Retry-After", "0"}}, ""};
      reply.drop = status == 0;
      return reply;
    });
    use(server);
    const auto files = open_model("org/name");
    EXPECT_EQ(text_of(*files, "config.json"), "{}");
    const std::size_t asked = server.requests().size();
    EXPECT_EQ(text_of(*files, "vocab.txt"), "(none)");
    EXPECT_FALSE(files->contains("vocab.txt"));
    EXPECT_EQ(server.requests().size(), asked) << "a server that fails is not asked again";
    expect_error(
        ErrorCode::kNotFound, [&] { files->require("vocab.txt"); }, "vocab.txt",
        "in place of the server", "/org/name/resolve/main/config.json");
  }
}

TEST_F(HubTest, AServerThatIsGoneIsNamedWhenNothingIsCached) {
  HttpServer server{Hub{}};
  use(server);
  server.stop();
  expect_error(
      ErrorCode::kNetwork, [] { open_model("org/name")->open("config.json"); },
      server.url() + "/org/name/resolve/main/config.json", "cannot be reached", "is no folder",
      cache());
}

TEST_F(HubTest, AConnectionThatIsNotSafeIsAnErrorWhateverIsCached) {
  write_snapshot({{"config.json", "{}"}});
  HttpServer server{Hub{}};
  environment_.set("HF_ENDPOINT", "https" + server.url().substr(std::string("http").size()));
  expect_error(
      ErrorCode::kNetwork, [] { open_model("org/name")->open("config.json"); }, "not safe",
      "certificates");
}

TEST_F(HubTest, FilesOfTheServerAreNotMixedWithThoseOfTheCache) {
  write_snapshot({{"config.json", "old"}, {"vocab.txt", "old"}});
  Hub hub;
  hub.commit = std::string(40, 'b');
  hub.files = {{"config.json", "new"}, {"vocab.txt", "new"}};
  HttpServer server(hub);
  use(server);
  const auto files = open_model("org/name");
  EXPECT_EQ(text_of(*files, "config.json"), "new");
  server.stop();
  expect_error(
      ErrorCode::kNetwork, [&] { files->open("vocab.txt"); }, "cannot be reached");
}

TEST_F(HubTest, ACommitThatChangesWhileLoadingIsAnError) {
  Hub hub;
  hub.files = {{"config.json", "{}"}, {"vocab.txt", "a"}};
  HttpServer server([&](const Request& request) {
    Hub now = hub;
    if (ends_with(request.path, "vocab.txt")) now.commit = std::string(40, 'b');
    return now(request);
  });
  use(server);
  const auto files = open_model("org/name");
  files->open("config.json");
  expect_error(
      ErrorCode::kNetwork, [&] { files->open("vocab.txt"); }, "changed", "again");
}

TEST_F(HubTest, AFileThatTheServerLacksIsNullAndRemembered) {
  HttpServer server{Hub{}};
  use(server);
  const auto files = open_model("org/name");
  EXPECT_EQ(files->open("vocab.txt"), nullptr);
  EXPECT_TRUE(fs::is_regular_file(concat(repo(), "/.no_exist/", kCommit, "/vocab.txt")));
  EXPECT_EQ(file_text(repo() + "/refs/main"), kCommit);
  expect_error(
      ErrorCode::kNotFound, [&] { files->require("vocab.txt"); }, "vocab.txt",
      server.url() + "/org/name/resolve/main");
}

TEST_F(HubTest, RefusalsSayWhatToDo) {
  Reply reply;
  HttpServer server([&](const Request&) { return reply; });
  use(server);
  const auto open = [] { open_model("org/name")->open("config.json"); };
  reply = Hub::refusal(401, "RepoNotFound");
  expect_error(ErrorCode::kNotFound, open, "Check the name", "org/name");
  reply = Hub::refusal(404, "RevisionNotFound");
  expect_error(ErrorCode::kNotFound, open, "revision");
  reply = Hub::refusal(403, "GatedRepo");
  expect_error(ErrorCode::kNetwork, open, "conditions", "token");
  reply = {401, {}, ""};
  expect_error(ErrorCode::kNetwork, open, "401", "HF_TOKEN");
  reply = {403, {}, ""};
  expect_error(ErrorCode::kNetwork, open, "403", "HF_TOKEN");
  reply = {200, {{"Content-Type", "text/html; charset=utf-8"}, {"ETag", "\"x\""}}, "<html>"};
  expect_error(ErrorCode::kNetwork, open, "HTML", "HF_ENDPOINT");
  reply = {200, {}, "{}"};
  expect_error(ErrorCode::kNetwork, open, "ETag", "Download the folder");
  reply = {302, {{"Location", "/org/name/resolve/main/config.json"}}, ""};
  expect_error(ErrorCode::kNetwork, open, "redirects");
  reply = {302, {{"Location", "file:///etc/passwd"}}, ""};
  expect_error(ErrorCode::kNetwork, open, "file:///etc/passwd");
  EXPECT_FALSE(fs::exists(repo() + "/blobs"));
}

TEST_F(HubTest, ABusyServerIsAskedAgainButNotForEver) {
  Hub hub;
  hub.files = {{"config.json", "{}"}};
  std::atomic<int> failures = 2;
  HttpServer server([&](const Request& request) {
    if (failures-- > 0) return Reply{failures % 2 == 0 ? 503 : 429, {{"Retry-After", "0"}}, ""};
    return hub(request);
  });
  use(server);
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "{}");
  failures = 1 << 20;
  const std::size_t asked = server.requests().size();
  expect_error(
      ErrorCode::kNetwork, [] { open_model("org/other")->open("config.json"); }, "status",
      "Try again later");
  EXPECT_EQ(server.requests().size(), asked + 3);
}

TEST_F(HubTest, TheTokenStaysWithTheHostThatWasAsked) {
  const std::string weights = "weights in a store";
  HttpServer store(
      [&](const Request& request) { return Hub::content(request, weights, "another tag"); });
  HttpServer server([&](const Request& request) {
    return ends_with(request.path, "moved") ? Hub::content(request, "{}", git_tag("{}"))
           : ends_with(request.path, "config.json")
               ? Reply{307, {{"Location", "/moved"}, {"X-Repo-Commit", kCommit}}, ""}
               : Reply{302,
                       {{"Location", store.url() + "/signed?key=1"},
                        {"X-Repo-Commit", kCommit},
                        {"X-Linked-Etag", concat("\"", sha256(weights), "\"")},
                        {"X-Linked-Size", std::to_string(weights.size())}},
                       "elsewhere"};
  });
  use(server);
  HubOptions options;
  options.token = "hf_secret";
  const auto files = open_model("org/name", options);
  EXPECT_EQ(text_of(*files, "model.safetensors"), weights);
  EXPECT_EQ(text_of(*files, "config.json"), "{}");
  for (const Request& request : server.requests())
    EXPECT_EQ(request.header("authorization"), "Bearer hf_secret") << request.path;
  EXPECT_EQ(store.count("HEAD"), 0u);
  ASSERT_EQ(store.requests().size(), 1u);
  EXPECT_EQ(store.requests()[0].header("authorization"), "");
  EXPECT_EQ(store.requests()[0].path, "/signed?key=1");
  EXPECT_EQ(fs::read_symlink(snapshot("model.safetensors")).filename(), sha256(weights));
}

TEST_F(HubTest, TheEnvironmentsTokenGoesToTheEndpointOnly) {
  HttpServer endpoint{Hub{}};
  HttpServer other{Hub{}};
  use(endpoint);
  const auto token_at = [&](const HttpServer& server, const std::string& name) {
    open_model(name)->contains("config.json");
    return server.requests().back().header("authorization");
  };
  const std::string url = other.url() + "/org/name/resolve/main";
  EXPECT_EQ(token_at(endpoint, "org/name"), "");
  write_text(home_.path() + "/token", "hf_file\n");
  EXPECT_EQ(token_at(endpoint, "org/name"), "Bearer hf_file");
  EXPECT_EQ(token_at(other, url), "");
  environment_.set("HF_TOKEN", "hf_variable");
  EXPECT_EQ(token_at(endpoint, "org/name"), "Bearer hf_variable");
  EXPECT_EQ(token_at(other, url), "");
  environment_.set("HF_TOKEN", "two\r\nX-Header: lines");
  expect_error(
      ErrorCode::kInvalidArgument, [] { open_model("org/name"); }, "token");
}

TEST_F(HubTest, ADownloadGoesOnWhereAnotherStopped) {
  Hub hub;
  hub.files = {{"vocab.txt", "0123456789"}};
  hub.large = {{"model.safetensors", "abcdefghij"}};
  HttpServer server(hub);
  use(server);
  write_text(concat(repo(), "/blobs/", git_tag("0123456789"), ".incomplete"), "0123");
  write_text(concat(repo(), "/blobs/", sha256("abcdefghij"), ".incomplete"), "abc");
  const auto files = open_model("org/name");
  EXPECT_EQ(text_of(*files, "vocab.txt"), "0123456789");
  EXPECT_EQ(server.requests().back().header("range"), "bytes=4-");
  EXPECT_EQ(server.requests().back().header("if-range"), concat("\"", git_tag("0123456789"), "\""));
  EXPECT_EQ(text_of(*files, "model.safetensors"), "abcdefghij");
  EXPECT_EQ(server.requests().back().header("range"), "bytes=3-");
  EXPECT_TRUE(leftovers(home_.path()).empty());
}

TEST_F(HubTest, APartThatDoesNotFitIsThrownAway) {
  Hub hub;
  hub.large = {{"damaged", "abcdefghij"}, {"complete", "klmnop"}, {"long", "qrst"}};
  HttpServer server(hub);
  use(server);
  write_text(concat(repo(), "/blobs/", sha256("abcdefghij"), ".incomplete"), "aXc");
  write_text(concat(repo(), "/blobs/", sha256("klmnop"), ".incomplete"), "klmnop");
  write_text(concat(repo(), "/blobs/", sha256("qrst"), ".incomplete"), "qrstuvw");
  const auto files = open_model("org/name");
  EXPECT_EQ(text_of(*files, "complete"), "klmnop");
  EXPECT_EQ(server.count("GET"), 0u);
  EXPECT_EQ(text_of(*files, "damaged"), "abcdefghij");
  EXPECT_EQ(server.count("GET"), 2u);
  EXPECT_EQ(text_of(*files, "long"), "qrst");
}

TEST_F(HubTest, ABlobIsUsedAgainUnlessItIsTruncated) {
  Hub hub;
  hub.large = {{"whole", "abcdefghij"}, {"truncated", "klmnop"}};
  HttpServer server(hub);
  use(server);
  write_text(concat(repo(), "/blobs/", sha256("abcdefghij")), "abcdefghij");
  write_text(concat(repo(), "/blobs/", sha256("klmnop")), "klm");
  EXPECT_EQ(text_of(*open_model("org/name"), "whole"), "abcdefghij");
  EXPECT_EQ(server.count("GET"), 0u);
  EXPECT_EQ(text_of(*open_model("org/name"), "truncated"), "klmnop");
}

TEST_F(HubTest, AServerWithoutRangesSendsTheWholeAgain) {
  Hub hub;
  hub.large = {{"model.safetensors", "abcdefghij"}};
  HttpServer server([&](Request request) {
    request.headers.erase("range");
    return hub(request);
  });
  use(server);
  write_text(concat(repo(), "/blobs/", sha256("abcdefghij"), ".incomplete"), "abc");
  EXPECT_EQ(text_of(*open_model("org/name"), "model.safetensors"), "abcdefghij");
}

TEST_F(HubTest, AnEarlyCloseIsResumed) {
  Hub hub;
  hub.large = {{"model.safetensors", std::string(100000, 'x') + "end"}};
  bool helpful = true;
  HttpServer server([&](const Request& request) {
    Reply reply = hub(request);
    // Announces all, sends a part; later nothing at all.
    if (request.method == "GET" && !helpful) reply.close_after = 0;
    if (request.method == "GET" && reply.body.size() > 30000) reply.close_after = 30000;
    return reply;
  });
  use(server);
  EXPECT_EQ(text_of(*open_model("org/name"), "model.safetensors"), hub.large.begin()->second);
  EXPECT_EQ(server.count("GET"), 4u);

  const std::string blob = concat(repo(), "/blobs/", sha256(hub.large.begin()->second));
  fs::remove(blob);
  write_text(blob + ".incomplete", std::string(70100, 'x'));
  helpful = false;
  expect_error(
      ErrorCode::kNetwork, [] { open_model("org/name")->open("model.safetensors"); },
      "broke off after 70100 of 100003", "resumes");
  EXPECT_EQ(fs::file_size(blob + ".incomplete"), 70100u);
  helpful = true;
  EXPECT_EQ(text_of(*open_model("org/name"), "model.safetensors"), hub.large.begin()->second);
}

TEST_F(HubTest, AStalledTransferIsTriedAgain) {
  Hub hub;
  hub.files = {{"config.json", "{}"}};
  std::atomic<bool> stalls = true;
  HttpServer server([&](const Request& request) {
    Reply reply = hub(request);
    if (request.method == "GET" && stalls.exchange(false)) reply.silence = std::chrono::seconds(4);
    return reply;
  });
  use(server);
  environment_.set("HF_HUB_DOWNLOAD_TIMEOUT", "1");
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "{}");
  EXPECT_EQ(server.count("GET"), 2u);
  environment_.set("HF_HUB_DOWNLOAD_TIMEOUT", "soon");
  expect_error(
      ErrorCode::kInvalidArgument, [] { open_model("org/name"); }, "HF_HUB_DOWNLOAD_TIMEOUT",
      "soon");
}

TEST_F(HubTest, DamagedAndWrongLengthsDoNotEnterTheCache) {
  const auto linked = [](const std::string& tag, std::size_t size) {
    return [=](const Request& request) {
      Reply reply = Hub::content(request, "content", "x");
      reply.headers.emplace_back("X-Repo-Commit", kCommit);
      reply.headers.emplace_back("X-Linked-Etag", concat("\"", tag, "\""));
      reply.headers.emplace_back("X-Linked-Size", std::to_string(size));
      return reply;
    };
  };
  const auto open = [] { open_model("org/name")->open("model.safetensors"); };
  {
    HttpServer server(linked(sha256("other"), 7));
    use(server);
    expect_error(ErrorCode::kCorruptFile, open, sha256("other"), sha256("content"), "damaged");
  }
  {
    HttpServer server(linked(git_tag("content"), 5));
    use(server);
    expect_error(ErrorCode::kNetwork, open, "more than the announced 5 bytes");
  }
  {
    HttpServer server(linked(git_tag("content"), 9));
    use(server);
    expect_error(ErrorCode::kNetwork, open, "7 bytes instead of the announced 9");
  }
  EXPECT_TRUE(fs::is_empty(repo() + "/blobs"));
  EXPECT_FALSE(fs::exists(repo() + "/snapshots"));
  EXPECT_FALSE(fs::exists(repo() + "/refs"));
}

TEST_F(HubTest, AFileThatChangesBetweenHeadAndGetIsAnError) {
  HttpServer server([](const Request& request) {
    const std::string text = request.method == "HEAD" ? "one" : "two";
    Reply reply = Hub::content(request, text, git_tag(text));
    reply.headers.emplace_back("X-Repo-Commit", kCommit);
    return reply;
  });
  use(server);
  expect_error(
      ErrorCode::kNetwork, [] { open_model("org/name")->open("config.json"); }, "changed");
}

TEST_F(HubTest, ThreadsThatWantTheSameFileFetchItOnce) {
  Hub hub;
  hub.large = {{"model.safetensors", std::string(1 << 20, 'w')}};
  HttpServer server([&](const Request& request) {
    Reply reply = hub(request);
    if (request.method == "GET") reply.silence = std::chrono::milliseconds(200);
    return reply;
  });
  use(server);
  std::vector<std::future<std::string>> texts(4);
  for (auto& text : texts) {
    text = std::async(std::launch::async,
                      [] { return text_of(*open_model("org/name"), "model.safetensors"); });
  }
  for (auto& text : texts) EXPECT_TRUE(text.get() == hub.large.begin()->second);
  EXPECT_EQ(server.count("GET"), 1u);
  EXPECT_TRUE(leftovers(home_.path()).empty());
}

TEST_F(HubTest, ACacheThatCannotBeWrittenSaysSo) {
  Hub hub;
  hub.files = {{"config.json", "{}"}};
  HttpServer server(hub);
  use(server);
  write_text(cache(), "a file in the folder's place");
  expect_error(
      ErrorCode::kIo, [] { open_model("org/name")->open("config.json"); }, cache(), "HF_HOME",
      "cache_dir");
  EXPECT_EQ(open_model("org/name")->open("vocab.txt"), nullptr);
}

TEST_F(HubTest, APlainFileServerWorksAndItsChangesAreSeen) {
  std::string text = "one";
  std::string date = "Mon, 01 Jan 2024 00:00:00 GMT";
  HttpServer server([&](const Request& request) {
    if (!ends_with(request.path, "/config.json")) return Reply{404, {}, ""};
    return Reply{200, {{"Last-Modified", date}}, text};
  });
  use(server);
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "one");
  EXPECT_EQ(text_of(*open_model("org/name"), "vocab.txt"), "(none)");
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "one");
  EXPECT_EQ(server.count("GET"), 1u);
  text = "two";
  date = "Tue, 02 Jan 2024 00:00:00 GMT";
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "two");
  server.stop();
  EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), "two");
  EXPECT_EQ(text_of(*open_model("org/name", local_only()), "config.json"), "two");
}

TEST_F(HubTest, ATagThatIsNoFileNameIsReplaced) {
  for (const char* tag : {"\"../../../escape\"", "W/\"a/b\"", "\".hidden\"", "\"x.incomplete\""}) {
    HttpServer server([&](const Request&) {
      return Reply{200, {{"ETag", tag}, {"X-Repo-Commit", "../../escape"}}, tag};
    });
    use(server);
    EXPECT_EQ(text_of(*open_model("org/name"), "config.json"), tag);
  }
  EXPECT_FALSE(fs::exists(home_.path() + "/escape"));
  for (const auto& blob : fs::directory_iterator(repo() + "/blobs"))
    EXPECT_EQ(blob.path().filename().string().size(), 40u) << blob.path();
}

TEST_F(HubTest, AUrlOfAFolderIsCachedToo) {
  Hub hub;
  hub.files = {{"config.json", "{}"}, {"sub/config.json", "sub"}};
  HttpServer server(hub);
  const std::string url = server.url() + "/org/name/resolve/main";
  EXPECT_EQ(text_of(*open_model(url + "/"), "config.json"), "{}");
  HubOptions options;
  options.subfolder = "sub";
  EXPECT_EQ(text_of(*open_model(url, options), "config.json"), "sub");
  EXPECT_EQ(server.count("GET"), 2u);
  EXPECT_TRUE(fs::is_directory(cache() + "/verdict-urls"));
  EXPECT_EQ(text_of(*open_model(url), "config.json"), "{}");
  EXPECT_EQ(server.count("GET"), 2u);
  server.stop();
  EXPECT_EQ(text_of(*open_model(url), "config.json"), "{}");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { open_model(url, at_revision("v1")); }, "revision", url);
  for (const char* bad : {"http://", "http://user:pass@host/x", "http://host/x?y", "http://host/#a",
                          "https://host/a b"})
    expect_error(
        ErrorCode::kInvalidArgument, [&] { open_model(bad); }, "URL of a folder");
}

/// A server that has a folder of the fixtures as org/name.
HttpServer fixture_server(const std::string& type) {
  Hub hub;
  const std::string folder = root_path("tests/fixtures/models/" + type);
  hub.files["config.json"] = file_text(folder + "/config.json");
  hub.large["model.safetensors"] = file_text(folder + "/model.safetensors");
  return HttpServer(hub);
}

TEST_F(HubTest, AModelIsLoadedByItsName) {
  const HttpServer server = fixture_server("bert");
  use(server);
  const auto logits = [](const std::string& name) {
    const std::vector<std::int64_t> ids{1, 5, 7, 2};
    const auto model = AutoModelForSequenceClassification::from_pretrained(name);
    return model->forward({{"input_ids", Tensor::from_i64({1, 4}, ids)}}).logits;
  };
  expect_close("logits", logits("org/name"), logits(root_path("tests/fixtures/models/bert")));
  EXPECT_EQ(server.count("GET"), 2u);
  expect_error(
      ErrorCode::kNotFound, [] { AutoTokenizer::from_pretrained("org/name"); },
      "/org/name/resolve/main", "tokenizer.json");
}

TEST_F(HubTest, AConfigIsLoadedByNameUrlAndUrlOfTheFile) {
  const HttpServer server = fixture_server("bert");
  use(server);
  const std::string url = server.url() + "/org/name/resolve/main";
  for (const std::string& name : {std::string("org/name"), url, url + "/config.json"})
    EXPECT_EQ(AutoConfig::from_pretrained(name).model_type(), "bert") << name;
  expect_error(
      ErrorCode::kNotFound, [&] { AutoConfig::from_pretrained(url + "/other.json"); },
      "other.json");
}

TEST_F(HubTest, WeightsOfAnotherFormatAreNamedWithoutFetchingThem) {
  Hub hub;
  hub.files["config.json"] = file_text(root_path("tests/fixtures/models/bert/config.json"));
  hub.large["tf_model.h5"] = "an HDF5 file";
  HttpServer server(hub);
  use(server);
  expect_error(
      ErrorCode::kUnsupported,
      [] { AutoModelForSequenceClassification::from_pretrained("org/name"); }, "tf_model.h5");
  EXPECT_EQ(server.count("GET"), 1u);
}

}  // namespace
}  // namespace verdict::testing
