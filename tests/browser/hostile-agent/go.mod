module swarm/hostile-agent

go 1.19
