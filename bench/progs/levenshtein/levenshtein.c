#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t seed = 123456789;
static int rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (int)(seed & 0x7fffffff);
}

static long distance(const char *a, const char *b, int n) {
    long *before = malloc((n + 1) * sizeof(long)), *now = malloc((n + 1) * sizeof(long));
    for (int j = 0; j <= n; j++) before[j] = j;
    for (int i = 0; i < n; i++) {
        now[0] = i + 1;
        for (int j = 0; j < n; j++) {
            long changed = before[j] + (a[i] != b[j]);
            long shifted = (before[j + 1] < now[j] ? before[j + 1] : now[j]) + 1;
            now[j + 1] = changed < shifted ? changed : shifted;
        }
        long *old = before;
        before = now;
        now = old;
    }
    long result = before[n];
    free(before);
    free(now);
    return result;
}

static char *word(int n) {
    char *text = malloc(n + 1);
    for (int i = 0; i < n; i++) text[i] = "ACGT"[rnd() % 4];
    text[n] = 0;
    return text;
}

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 100;
    long sum = 0;
    for (int i = 0; i < 4; i++) {
        char *a = word(n), *b = word(n);
        sum += distance(a, b, n);
        free(a);
        free(b);
    }
    printf("%ld\n", sum);
    return 0;
}
