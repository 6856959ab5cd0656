#pragma once

#include <string>

#include "verdict/hub/hub.h"

namespace verdict {

/// What the options and the environment say together; variables as in huggingface_hub.
struct HubSettings {
  std::string cache_root;
  std::string endpoint;        ///< HF_ENDPOINT without trailing slash
  bool offline = false;        ///< local_files_only or HF_HUB_OFFLINE
  std::string token;           ///< the option, for whichever host is asked
  std::string endpoint_token;  ///< the option, else HF_TOKEN or the token file
  int head_timeout = 10;       ///< seconds, HF_HUB_ETAG_TIMEOUT
  int stall_timeout = 10;      ///< seconds without a byte, HF_HUB_DOWNLOAD_TIMEOUT
};

/// Throws `kInvalidArgument` for a variable or token that cannot be one, `kIo` when no cache folder
/// can be named because there is no home folder.
HubSettings hub_settings(const HubOptions& options);

}  // namespace verdict
