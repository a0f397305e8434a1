/* key.h: the keys of a table on storage: made and taken apart (spec/table-store.md 2).
 *
 *     P/_config/commit-timeout, max-clock-skew, table.json
 *     P/data/<partition>/<token>-<attempt>.parquet
 *     P/data/<partition>/<token>.commit
 *     P/_ref/<16 digits>-<token>-<attempt>;<escaped partition>.ref
 *
 * P is the table prefix without slashes at the ends; when it is empty, its slash disappears too. */
#ifndef WEIR_TABLE_KEY_H
#define WEIR_TABLE_KEY_H

#include "base/base.h"

#define WEIR__ATTEMPT_BYTES 32
#define WEIR__KEY_MAX_BYTES 4096 /* of any key we build; stores allow less */
#define WEIR__REF_DIGITS 16
#define WEIR__REF_MAX_US INT64_C(9999999999999999) /* 2286-11-20 */

#define WEIR__DIR_DATA "data/"
#define WEIR__DIR_REF "_ref/"
#define WEIR__DIR_CONFIG "_config/"

/* Strip '/' at both ends. */
struct weir__str weir__prefix_normal(const char *prefix);

/* What names one attempt of one write. */
struct weir__attempt {
    struct weir__str partition, token, id;
};

/* Each appends a key to `out`. */
WEIR_NODISCARD int weir__key_append_dir(struct weir__buf *out, const char *prefix, const char *dir,
                                        struct weir_error *err);
WEIR_NODISCARD int weir__key_append_data(struct weir__buf *out, const char *prefix,
                                         const struct weir__attempt *attempt,
                                         struct weir_error *err);
WEIR_NODISCARD int weir__key_append_marker(struct weir__buf *out, const char *prefix,
                                           struct weir__str partition, struct weir__str token,
                                           struct weir_error *err);
/* Errors: WEIR_INVALID for a time that 16 digits cannot say. */
WEIR_NODISCARD int weir__key_append_ref(struct weir__buf *out, const char *prefix, int64_t ref_us,
                                        const struct weir__attempt *attempt,
                                        struct weir_error *err);

/* What a key below data/ is. */
enum weir__data_kind { WEIR__DATA_FOREIGN, WEIR__DATA_FILE, WEIR__DATA_MARKER };

/* Take `below` (the key after "P/data/") apart; attempt.id is empty for a marker. */
enum weir__data_kind weir__key_parse_data(struct weir__str below, struct weir__attempt *out);

/* A ref taken apart. The partition is unescaped into a buffer of the caller. */
struct weir__ref {
    int64_t ref_us;
    struct weir__str token, attempt;
    struct weir__str escaped;
};

/* Errors: WEIR_CORRUPT naming what is malformed; the key borrowed by `out`. */
WEIR_NODISCARD int weir__ref_parse(struct weir__str key, struct weir__ref *out,
                                   struct weir__buf *partition, struct weir_error *err);

/* Percent-escaping of the partition in ref names (spec/table-store.md 2.2). */
WEIR_NODISCARD int weir__hive_escape(struct weir__buf *out, struct weir__str text,
                                     struct weir_error *err);
WEIR_NODISCARD int weir__hive_unescape(struct weir__buf *out, struct weir__str text,
                                       struct weir_error *err);

/* The next ref time: later than the last one of this table, unless the clock was set back by more
 * than the allowed skew (spec/table-store.md 8.7); *out_stepped tells that. */
int64_t weir__ref_stamp(int64_t now_us, int64_t last_us, int64_t max_skew_us, bool *out_stepped);

#endif
