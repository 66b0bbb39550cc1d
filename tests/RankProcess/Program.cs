using Fusion.Runtime;
using Fusion.Runtime.Distributed;
using RankProcess;

if (args is ["shared-memory", ..]) return SharedMemoryMode.Run(args);
if (args is ["gpu-memory", ..]) return GpuMemoryMode.Run(args);
await using var group = await RankGroup.JoinAsync(Rendezvous.FromEnvironment());
Console.WriteLine(group.WorldSize);
return 0;
