package main

import (
	"fmt"
	"os"
	"strconv"
)

func matrix(n int, seed float64) [][]float64 {
	rows := [][]float64{}
	scale := seed / float64(n) / float64(n)
	for i := 0; i < n; i++ {
		row := []float64{}
		for j := 0; j < n; j++ {
			row = append(row, scale*float64(i-j)*float64(i+j))
		}
		rows = append(rows, row)
	}
	return rows
}

func multiply(a, b [][]float64, n int) [][]float64 {
	turned := [][]float64{}
	for j := 0; j < n; j++ {
		row := make([]float64, n)
		for i := 0; i < n; i++ {
			row[i] = b[i][j]
		}
		turned = append(turned, row)
	}
	product := [][]float64{}
	for i := 0; i < n; i++ {
		row := make([]float64, n)
		left := a[i]
		for j := 0; j < n; j++ {
			right := turned[j]
			sum := 0.0
			for k := 0; k < n; k++ {
				sum += left[k] * right[k]
			}
			row[j] = sum
		}
		product = append(product, row)
	}
	return product
}

func main() {
	n := 100
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	c := multiply(matrix(n, 1), matrix(n, 2), n)
	fmt.Println(int(c[n/2][n/2] * 1000))
}
