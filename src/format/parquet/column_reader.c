/* column_reader.c: the reading loops of one column chunk.
 *
 * Two ways through a page: flat columns with at most one level read validity run by run
 * (read_runs); everything else goes by windows of decoded levels (read_window). */
#include "format/parquet/column_reader.h"

/* Entries decoded in one go, so that temporary memory stays bounded whatever a page declares. */
#define PART_MAX ((size_t)1 << 22)

int weir__column_reader_init(struct weir__column_reader *column, struct weir__page_context *context,
                             const struct parquet_leaf *leaf,
                             const struct parquet_column_chunk *chunk,
                             struct weir__chunk_bytes bytes, struct weir_error *err)
{
    *column = (struct weir__column_reader){.is_open = false};
    return weir__pages_init(&column->pages, context, leaf, chunk, bytes, err);
}

void weir__column_reader_dispose(struct weir__column_reader *column)
{
    if (!column->pages.context)
        return;
    const struct weir_env *env = column->pages.context->env;
    weir__free(env, column->window_def);
    weir__free(env, column->window_rep);
    weir__pages_dispose(&column->pages);
    *column = (struct weir__column_reader){.is_open = false};
}

/* The header of a v2 page says how many values its levels must have led to. */
static int check_page(const struct weir__column_reader *column, struct weir_error *err)
{
    const struct parquet_page_header *header = &column->pages.header;
    if (!column->is_open || header->type != PARQUET_DATA_PAGE_V2)
        return WEIR_OK;
    size_t due = (size_t)(header->n_values - header->n_nulls);
    if (column->page_values != due)
        return weir__fail(err, WEIR_CORRUPT, "levels give %zu values, the page header %zu",
                          column->page_values, due);
    return WEIR_OK;
}

/* Make the current page have an entry left, or find the end. */
static int column_page(struct weir__column_reader *column, struct weir_error *err)
{
    while (!column->is_at_end && (!column->is_open || column->page_at == column->pages.n_entries)) {
        TRY(check_page(column, err));
        TRY(weir__pages_next(&column->pages, &column->is_at_end, err));
        column->is_open = !column->is_at_end;
        column->page_at = 0;
        column->page_values = 0;
        column->window_n = 0;
        column->window_at = 0;
    }
    return WEIR_OK;
}

/* ---- flat columns, run by run ------------------------------------------------------------- */

/* One run's k validity bits at slot `at`; counts the ones. */
static int take_run(struct weir__hybrid *def, struct weir__leaf_out *out, size_t at, size_t k,
                    size_t *ones, struct weir_error *err)
{
    if (def->is_packed) {
        int64_t set = weir__bits_count(def->packed, (int64_t)def->packed_at, (int64_t)k);
        *ones += (size_t)set;
        if ((size_t)set < k)
            TRY(weir__leaf_out_validity(out, err));
        if (out->validity)
            weir__bits_copy(def->packed, def->packed_at, out->validity, at, k);
        def->packed_at += k;
        return WEIR_OK;
    }
    bool is_one = def->value == 1; /* the width is 1 */
    if (!is_one)
        TRY(weir__leaf_out_validity(out, err));
    if (out->validity)
        weir__bits_fill(out->validity, at, k, is_one);
    *ones += is_one ? k : 0;
    return WEIR_OK;
}

static int take_validity(struct weir__hybrid *def, struct weir__leaf_out *out, size_t n,
                         size_t *out_values, struct weir_error *err)
{
    size_t at = out->n_slots, left = n, ones = 0;
    bool had_bitmap = out->validity != NULL;
    while (left > 0) {
        TRY(weir__hybrid_run(def, err));
        size_t k = def->run_left < left ? (size_t)def->run_left : left;
        TRY(take_run(def, out, at, k, &ones, err));
        /* A bitmap made just now lacks the ones of this part's runs before. */
        if (!had_bitmap && out->validity) {
            weir__bits_fill(out->validity, out->n_slots, at - out->n_slots, true);
            had_bitmap = true;
        }
        def->run_left -= k;
        at += k;
        left -= k;
    }
    *out_values = ones;
    return WEIR_OK;
}

/* The buffer was full after `values` values: how many slots they and the nulls around them fill. */
static size_t slots_of(const struct weir__leaf_out *out, size_t values, size_t slots)
{
    if (!out->validity)
        return values;
    size_t seen = 0;
    for (size_t i = 0; i < slots; i++) {
        if (weir__bit_get(out->validity, (int64_t)(out->n_slots + i))) {
            if (seen == values)
                return i;
            seen++;
        }
    }
    return slots;
}

/* Read the levels of k entries again, from a state saved before. */
static int skip_levels(struct weir__hybrid *def, size_t k, struct weir_error *err)
{
    while (k > 0) {
        TRY(weir__hybrid_run(def, err));
        size_t take = def->run_left < k ? (size_t)def->run_left : k;
        if (def->is_packed)
            def->packed_at += take;
        def->run_left -= take;
        k -= take;
    }
    return WEIR_OK;
}

static int read_runs(struct weir__column_reader *column, struct weir__leaf_out *out, size_t n,
                     size_t *out_done, struct weir_error *err)
{
    struct weir__pages *pages = &column->pages;
    bool has_levels = pages->def.mode != WEIR__LEVELS_NONE;
    struct weir__hybrid before = pages->def.hybrid;
    size_t values = n, slots = n, done;
    TRY(weir__leaf_out_reserve(out, n, err));
    if (has_levels)
        TRY(take_validity(&pages->def.hybrid, out, n, &values, err));
    TRY(weir__leaf_out_values(out, &pages->values, values, n, &done, err));
    if (done < values) {
        slots = slots_of(out, done, n);
        values = done;
        if (has_levels) {
            pages->def.hybrid = before;
            TRY(skip_levels(&pages->def.hybrid, slots, err));
        }
    }
    weir__leaf_out_spread(out, values, slots);
    column->page_at += slots;
    column->page_values += values;
    *out_done = slots;
    return WEIR_OK;
}

static int read_flat(struct weir__column_reader *column, struct weir__leaf_out *out, int64_t n_rows,
                     int64_t *out_rows, struct weir_error *err)
{
    int64_t rows = 0;
    while (rows < n_rows) {
        TRY(column_page(column, err));
        column->uses_windows = column->pages.def.mode == WEIR__LEVELS_PACKED;
        if (column->is_at_end || column->uses_windows)
            break;
        size_t take = column->pages.n_entries - column->page_at, done;
        if ((int64_t)take > n_rows - rows)
            take = (size_t)(n_rows - rows);
        take = take < PART_MAX ? take : PART_MAX;
        int status = read_runs(column, out, take, &done, err);
        if (status != WEIR_OK)
            return weir__pages_prefix(&column->pages, status, err);
        rows += (int64_t)done;
        if (done < take)
            break;
    }
    *out_rows = rows;
    return WEIR_OK;
}

/* ---- everything else, window by window ---------------------------------------------------- */

static int alloc_windows(struct weir__column_reader *column, struct weir_error *err)
{
    const struct weir_env *env = column->pages.context->env;
    if (!column->window_def)
        column->window_def = weir__alloc(env, WEIR__LEVEL_WINDOW, err);
    if (!column->window_rep)
        column->window_rep = weir__alloc(env, WEIR__LEVEL_WINDOW, err);
    return column->window_def && column->window_rep ? WEIR_OK : WEIR_NO_MEMORY;
}

static int fill_window(struct weir__column_reader *column, struct weir_error *err)
{
    struct weir__pages *pages = &column->pages;
    TRY(alloc_windows(column, err));
    size_t left = pages->n_entries - column->page_at;
    size_t n = left < WEIR__LEVEL_WINDOW ? left : WEIR__LEVEL_WINDOW;
    TRY(weir__levels_read(&pages->rep, column->window_rep, n, err));
    TRY(weir__levels_read(&pages->def, column->window_def, n, err));
    bool begins_row =
        !column->began || (column->page_at == 0 && pages->header.type == PARQUET_DATA_PAGE_V2);
    if (begins_row && column->window_rep[0] != 0)
        return weir__fail(err, WEIR_CORRUPT, "first repetition level is %u, not 0",
                          column->window_rep[0]);
    column->began = true;
    column->window_n = n;
    column->window_at = 0;
    return WEIR_OK;
}

/* The end of the entries that belong to the current row and `*rows` further ones, which are
 * counted down. */
static size_t span_end(const struct weir__column_reader *column, int64_t *rows)
{
    size_t at = column->window_at, n = column->window_n;
    if (column->pages.leaf->max_rep == 0) {
        size_t take = (int64_t)(n - at) < *rows ? n - at : (size_t)*rows;
        *rows -= (int64_t)take;
        return at + take;
    }
    for (; at < n; at++) {
        if (column->window_rep[at] == 0) {
            if (*rows == 0)
                break;
            (*rows)--;
        }
    }
    return at;
}

static int take_bits(struct weir__leaf_out *out, const uint8_t *def, size_t n, size_t slots,
                     struct weir_error *err)
{
    const struct parquet_leaf *leaf = out->leaf;
    TRY(weir__leaf_out_validity(out, err));
    weir__bits_fill(out->validity, out->n_slots, slots, false);
    size_t slot = out->n_slots;
    for (size_t i = 0; i < n; i++) {
        uint8_t bit = def[i] == leaf->max_def;
        out->validity[slot >> 3] = (uint8_t)(out->validity[slot >> 3] | bit << (slot & 7));
        slot += def[i] >= leaf->slot_def;
    }
    return WEIR_OK;
}

static int read_span(struct weir__column_reader *column, struct weir__leaf_out *out, size_t n,
                     struct weir_error *err)
{
    const struct parquet_leaf *leaf = out->leaf;
    const uint8_t *def = column->window_def + column->window_at;
    size_t slots = 0, values = 0, done;
    for (size_t i = 0; i < n; i++) {
        slots += def[i] >= leaf->slot_def;
        values += def[i] == leaf->max_def;
    }
    if (leaf->is_key && values < slots)
        return weir__fail(err, WEIR_CORRUPT, "key of a map is null");
    TRY(weir__leaf_out_reserve(out, slots, err));
    if (values < slots)
        TRY(take_bits(out, def, n, slots, err));
    else if (out->validity)
        weir__bits_fill(out->validity, out->n_slots, slots, true);
    if (out->keeps_levels)
        TRY(weir__leaf_out_levels(out, def, column->window_rep + column->window_at, n, err));
    TRY(weir__leaf_out_values(out, &column->pages.values, values, slots, &done, err));
    column->is_full = done < values;
    if (column->is_full)
        return weir__fail(err, WEIR_UNSUPPORTED,
                          "nested column holds more than 2 GiB of bytes in one batch");
    weir__leaf_out_spread(out, values, slots);
    column->window_at += n;
    column->page_at += n;
    column->page_values += values;
    return WEIR_OK;
}

static int read_windows(struct weir__column_reader *column, struct weir__leaf_out *out,
                        int64_t *rows_left, bool *out_is_done, struct weir_error *err)
{
    if (column->window_at == column->window_n)
        TRY(fill_window(column, err));
    size_t end = span_end(column, rows_left);
    *out_is_done = end == column->window_at;
    return read_span(column, out, end - column->window_at, err);
}

static int read_nested(struct weir__column_reader *column, struct weir__leaf_out *out,
                       int64_t n_rows, int64_t *out_rows, struct weir_error *err)
{
    int64_t left = n_rows;
    bool is_done = n_rows == 0;
    while (!is_done) {
        TRY(column_page(column, err));
        if (column->is_at_end)
            break;
        int status = read_windows(column, out, &left, &is_done, err);
        if (status != WEIR_OK)
            return weir__pages_prefix(&column->pages, status, err);
    }
    *out_rows = n_rows - left;
    return WEIR_OK;
}

int weir__column_reader_rows(struct weir__column_reader *column, struct weir__leaf_out *out,
                             int64_t n_rows, int64_t *out_rows, struct weir_error *err)
{
    const struct parquet_leaf *leaf = column->pages.leaf;
    if (leaf->max_rep > 0 || leaf->max_def > 1 || out->keeps_levels)
        column->uses_windows = true;
    int64_t rows = 0, more = 0;
    if (!column->uses_windows)
        TRY(read_flat(column, out, n_rows, &rows, err));
    /* A page with legacy levels sends the rest of the chunk through windows. */
    if (column->uses_windows && rows < n_rows)
        TRY(read_nested(column, out, n_rows - rows, &more, err));
    *out_rows = rows + more;
    return WEIR_OK;
}

int weir__column_reader_skip(struct weir__column_reader *column, int64_t n_rows, int64_t *out_rows,
                             struct weir_error *err)
{
    *out_rows = 0;
    bool is_between = !column->is_open || column->page_at == column->pages.n_entries;
    if (!is_between || column->pages.leaf->max_rep > 0 || column->is_at_end)
        return WEIR_OK;
    TRY(check_page(column, err));
    TRY(weir__pages_skip(&column->pages, n_rows, out_rows, err));
    column->is_open = false;
    column->page_at = 0;
    column->page_values = 0;
    column->window_n = 0;
    column->window_at = 0;
    column->began |= *out_rows > 0;
    return WEIR_OK;
}

int64_t weir__column_reader_left(const struct weir__column_reader *column)
{
    return column->is_open ? (int64_t)(column->pages.n_entries - column->page_at) : 0;
}

int weir__column_reader_finish(struct weir__column_reader *column, struct weir_error *err)
{
    TRY(column_page(column, err));
    if (!column->is_at_end)
        return weir__fail(err, WEIR_CORRUPT, "column chunk has more rows than its row group");
    return WEIR_OK;
}
