#include "verdict/checkpoint/refusal.h"

#include "verdict/base/json.h"
#include "verdict/base/strings.h"

namespace verdict {

void refuse(ErrorCode code, std::string_view file, std::string_view what, std::string_view name,
            std::int64_t place) {
  std::string message = concat("\"", file, "\" is refused: ", what);
  if (!name.empty()) message += concat(": ", quoted_text(name));
  if (place >= 0) message += concat(" (byte ", place, ")");
  throw Error(code, message + ".");
}

}  // namespace verdict
