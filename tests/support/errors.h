#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "verdict/base/error.h"

namespace verdict::testing {

/// Expects that `call` throws an Error of this code whose message holds all of `parts`.
template <typename Call, typename... Parts>
void expect_error(ErrorCode code, const Call& call, const Parts&... parts) {
  try {
    call();
    FAIL() << "No error was thrown.";
  } catch (const Error& error) {
    EXPECT_EQ(error_code_name(error.code()), error_code_name(code)) << error.what();
    const std::string message = error.what();
    for (const std::string& part : std::vector<std::string>{parts...}) {
      EXPECT_NE(message.find(part), std::string::npos)
          << "\"" << message << "\" does not name \"" << part << "\"";
    }
  }
}

}  // namespace verdict::testing
