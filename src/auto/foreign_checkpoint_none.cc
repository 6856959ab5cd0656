// What programs have that are not linked with the converter, whose own definition takes this one's
// place: the file holds nothing else.
#include "verdict/auto/foreign_checkpoint.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

std::unique_ptr<CheckpointReader> open_foreign_checkpoint(const FileSet& files,
                                                          const std::string& file,
                                                          ForeignFormat format,
                                                          const PretrainedConfig&) {
  const std::string path = file.empty() ? files.name() : concat(files.name(), "/", file);
  throw Error(ErrorCode::kUnsupported,
              concat(format == ForeignFormat::kFlax ? "from_flax" : "from_tf", ": \"", path,
                     "\" cannot be read, because this program is not linked with the converter. "
                     "Convert it with verdict-convert \"",
                     path, "\" OUTPUT_DIR, and load OUTPUT_DIR."));
}

}  // namespace verdict
