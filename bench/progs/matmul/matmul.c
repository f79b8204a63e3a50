#include <stdio.h>
#include <stdlib.h>

static double **matrix(int n, double seed) {
    double **rows = malloc(n * sizeof(double *)), scale = seed / n / n;
    for (int i = 0; i < n; i++) {
        rows[i] = malloc(n * sizeof(double));
        for (int j = 0; j < n; j++) rows[i][j] = scale * (i - j) * (i + j);
    }
    return rows;
}

static double **multiply(double **a, double **b, int n) {
    double **turned = malloc(n * sizeof(double *)), **product = malloc(n * sizeof(double *));
    for (int j = 0; j < n; j++) {
        turned[j] = malloc(n * sizeof(double));
        for (int i = 0; i < n; i++) turned[j][i] = b[i][j];
    }
    for (int i = 0; i < n; i++) {
        product[i] = malloc(n * sizeof(double));
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++) sum += a[i][k] * turned[j][k];
            product[i][j] = sum;
        }
    }
    return product;
}

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 100;
    double **c = multiply(matrix(n, 1), matrix(n, 2), n);
    printf("%d\n", (int)(c[n / 2][n / 2] * 1000));
    return 0;
}
