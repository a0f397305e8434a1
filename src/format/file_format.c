/* file_format.c: names and suffixes of the file formats. */
#include <weir/format.h>

#include "base/base.h"

struct format_name {
    const char *name;
    enum weir_file_format format;
};

static const struct format_name names[] = {
    {"ndjson", WEIR_FORMAT_NDJSON},
    {"jsonl", WEIR_FORMAT_NDJSON},
    {"json", WEIR_FORMAT_NDJSON},
    {"csv", WEIR_FORMAT_CSV},
    {"parquet", WEIR_FORMAT_PARQUET},
    {"arrow", WEIR_FORMAT_ARROW},
    {"feather", WEIR_FORMAT_ARROW},
    {"arrows", WEIR_FORMAT_ARROW_STREAM},
    {"arrow-stream", WEIR_FORMAT_ARROW_STREAM},
};

static const struct format_name suffixes[] = {
    {".ndjson", WEIR_FORMAT_NDJSON},       {".jsonl", WEIR_FORMAT_NDJSON},
    {".json", WEIR_FORMAT_NDJSON},         {".csv", WEIR_FORMAT_CSV},
    {".parquet", WEIR_FORMAT_PARQUET},     {".arrow", WEIR_FORMAT_ARROW},
    {".feather", WEIR_FORMAT_ARROW},       {".ipc", WEIR_FORMAT_ARROW},
    {".arrows", WEIR_FORMAT_ARROW_STREAM},
};

int weir_file_format_from_name(const char *name, enum weir_file_format *out, struct weir_error *err)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *out = names[i].format;
            return WEIR_OK;
        }
    }
    return weir__fail(err, WEIR_INVALID, "unknown file format '%s'", name);
}

enum weir_file_format weir_file_format_from_path(const char *path)
{
    struct weir__str text = weir__str_of(path);
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        struct weir__str suffix = weir__str_of(suffixes[i].name);
        if (text.len > suffix.len && weir__str_ends(text, suffix))
            return suffixes[i].format;
    }
    return WEIR_FORMAT_UNKNOWN;
}
