module swarm.test/probe-agent

go 1.21
