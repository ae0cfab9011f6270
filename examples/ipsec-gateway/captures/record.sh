#!/bin/sh
# Records mixed.pcap: two network namespaces of one Linux machine talk over a virtual cable, and tcpdump
# listens. Needs root, iproute2, ethtool, tcpdump, curl, dig, ping, openssl, node.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
near="ip netns exec near" far="ip netns exec far"
server= listener=
trap 'kill $server $listener 2>/dev/null || true; ip netns del near; ip netns del far; rm -r "$scratch"' EXIT

ip netns add near
ip netns add far
ip link add cable netns near type veth peer name cable netns far
for side in near far; do
  # The kernel's checksums and segments, not what a network card would be left to make of them.
  ip netns exec $side ethtool -K cable tx off tso off gso off gro off >/dev/null
done
$near ip address add 10.77.0.2/24 dev cable
$near ip address add 2001:db8:77::2/64 dev cable nodad
$far ip address add 10.77.0.1/24 dev cable
$far ip address add 2001:db8:77::1/64 dev cable nodad
$near tcpdump -i cable -w "$scratch/mixed.pcap" -U 2>/dev/null &
listener=$!
for side in near far; do ip netns exec $side ip link set cable up; done

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=example \
  -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
$far node "$here/server.mjs" "$scratch" &
server=$!
sleep 3

$near ping -q -c 2 10.77.0.1
$near ping -q -c 2 2001:db8:77::1
$near ping -q -c 1 -s 4000 10.77.0.1 # In fragments.
for name in example.com www.example.org mail.example.net; do $near dig +short @10.77.0.1 $name; done
$near curl -s -o /dev/null http://10.77.0.1/
$near curl -s -o /dev/null 'http://[2001:db8:77::1]/'
$near curl -s -o /dev/null http://10.77.0.1/missing
$near curl -s -o /dev/null -k https://10.77.0.1/
$near curl -s -o /dev/null -k 'https://[2001:db8:77::1]/'
seq 4000 >"$scratch/upload"
$near curl -s -o /dev/null --data-binary "@$scratch/upload" http://10.77.0.1/upload
$near curl -s -o /dev/null http://10.77.0.1:81/ || true # Refused.
sleep 1
kill $listener
wait $listener || true
cp "$scratch/mixed.pcap" "$here/mixed.pcap"
