/* path.c: the working directory, which only the process knows. */
#include "base/error.h"
#include "base/file.h"
#include "base/macros.h"

#include <errno.h>
#include <unistd.h>

#define CWD_MAX_BYTES 4096

int weir__path_absolute(const char *path, struct weir__buf *out, struct weir_error *err)
{
    char cwd[CWD_MAX_BYTES];
    if (*path == '/')
        return weir__buf_append_text(out, path, err);
    if (!getcwd(cwd, sizeof cwd))
        return weir__fail_errno(err, errno, "cannot tell the working directory");
    TRY(weir__buf_append_text(out, cwd, err));
    TRY(weir__buf_byte(out, '/', err));
    return weir__buf_append_text(out, path, err);
}
