/* driver.c: runs a fuzz target without a fuzzing engine: every file given, and every file of a
 * folder given, once.
 *
 * A sanitizer or a failed assertion ends the run; otherwise the number of inputs is printed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAX_INPUT_BYTES (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    uint8_t *data = malloc(MAX_INPUT_BYTES);
    size_t size = data ? fread(data, 1, MAX_INPUT_BYTES, file) : 0;
    (void)fclose(file);
    /* an exact copy, so that reading past the end is seen */
    uint8_t *exact = malloc(size ? size : 1);
    if (!data || !exact)
        return 1;
    for (size_t i = 0; i < size; i++)
        exact[i] = data[i];
    free(data);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

static int run_folder(const char *path, int *count)
{
    DIR *folder = opendir(path);
    if (!folder) {
        perror(path);
        return 1;
    }
    int failed = 0;
    for (struct dirent *entry = readdir(folder); entry && !failed; entry = readdir(folder)) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        failed = run_file(name);
        (*count)++;
    }
    (void)closedir(folder);
    return failed;
}

int main(int argc, char **argv)
{
    int count = 0, failed = 0;
    for (int i = 1; i < argc && !failed; i++) {
        struct stat found;
        if (stat(argv[i], &found) == 0 && S_ISDIR(found.st_mode)) {
            failed = run_folder(argv[i], &count);
        } else {
            failed = run_file(argv[i]);
            count++;
        }
    }
    (void)printf("%d inputs\n", count);
    return failed || count == 0;
}
