#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 7;
    long *p = malloc(n * sizeof(long)), *q = malloc(n * sizeof(long)), *s = malloc(n * sizeof(long));
    for (int i = 0; i < n; i++) p[i] = s[i] = i;
    long sign = 1, most = 0, sum = 0;
    for (;;) {
        long first = p[0];
        if (first != 0) {
            for (int i = 1; i < n; i++) q[i] = p[i];
            long flips = 1;
            for (;;) {
                long next = q[first];
                if (next == 0) {
                    sum += sign * flips;
                    if (flips > most) most = flips;
                    break;
                }
                q[first] = first;
                if (first >= 3) {
                    for (long i = 1, j = first - 1; i < j; i++, j--) {
                        long t = q[i];
                        q[i] = q[j];
                        q[j] = t;
                    }
                }
                first = next;
                flips++;
            }
        }
        if (sign == 1) {
            long t = p[0];
            p[0] = p[1];
            p[1] = t;
            sign = -1;
        } else {
            long t = p[1];
            p[1] = p[2];
            p[2] = t;
            sign = 1;
            for (int i = 2; i < n; i++) {
                if (s[i] != 0) {
                    s[i]--;
                    break;
                }
                if (i == n - 1) {
                    printf("%ld %ld\n", sum, most);
                    return 0;
                }
                s[i] = i;
                long head = p[0];
                for (int k = 0; k <= i; k++) p[k] = p[k + 1];
                p[i + 1] = head;
            }
        }
    }
}
