package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	n := 7
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	p, q, s := make([]int, n), make([]int, n), make([]int, n)
	for i := range p {
		p[i], s[i] = i, i
	}
	sign, most, sum := 1, 0, 0
	for {
		first := p[0]
		if first != 0 {
			for i := 1; i < n; i++ {
				q[i] = p[i]
			}
			flips := 1
			for {
				next := q[first]
				if next == 0 {
					sum += sign * flips
					if flips > most {
						most = flips
					}
					break
				}
				q[first] = first
				if first >= 3 {
					for i, j := 1, first-1; i < j; i, j = i+1, j-1 {
						q[i], q[j] = q[j], q[i]
					}
				}
				first = next
				flips++
			}
		}
		if sign == 1 {
			p[0], p[1] = p[1], p[0]
			sign = -1
		} else {
			p[1], p[2] = p[2], p[1]
			sign = 1
			for i := 2; i < n; i++ {
				if s[i] != 0 {
					s[i]--
					break
				}
				if i == n-1 {
					fmt.Println(sum, most)
					return
				}
				s[i] = i
				first := p[0]
				for k := 0; k <= i; k++ {
					p[k] = p[k+1]
				}
				p[i+1] = first
			}
		}
	}
}
