package testkit

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// slots is the number of hash slots of a Redis cluster.
const slots = 16384

// RedisCluster starts a real cluster of two nodes on free loopback ports and
// returns their addresses. It skips where redis-server is not installed.
func RedisCluster(t testing.TB) []string {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed; the in-process stand-in is tested all the same")
	}
	var urls []string
	var nodes []*redis.Client
	var ports []int
	for range 2 {
		port := freePort(t)
		cmd := exec.Command(bin, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-config-file",
			fmt.Sprintf("nodes-%d.conf", port), "--save", "", "--appendonly", "no", "--dir", t.TempDir(), "--daemonize", "no")
		cmd.Stderr = os.Stderr
		endWithParent(cmd)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		c := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port)})
		t.Cleanup(func() { _ = c.Close() })
		await(t, func() bool { return c.Ping(t.Context()).Err() == nil })
		urls, nodes, ports = append(urls, fmt.Sprintf("redis://127.0.0.1:%d", port)), append(nodes, c), append(ports, port)
	}
	half := slots / 2
	for i, r := range [][2]int{{0, half - 1}, {half, slots - 1}} {
		if err := nodes[i].ClusterAddSlotsRange(t.Context(), r[0], r[1]).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := nodes[0].ClusterMeet(t.Context(), "127.0.0.1", strconv.Itoa(ports[1])).Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range nodes {
		await(t, func() bool {
			s, err := c.ClusterShards(t.Context()).Result()
			return err == nil && len(s) == 2 && clusterUp(t, c)
		})
	}
	return urls
}

func clusterUp(t testing.TB, c *redis.Client) bool {
	info, err := c.ClusterInfo(t.Context()).Result()
	return err == nil && len(info) > 16 && info[:16] == "cluster_state:ok"
}

func await(t testing.TB, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("testkit: redis does not come up")
		}
	}
}

// freePort finds a port whose cluster bus port (10,000 above) exists as well.
func freePort(t testing.TB) int {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if port < 55000 {
			return port
		}
	}
	t.Fatal("testkit: no free port")
	return 0
}
