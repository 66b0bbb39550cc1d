using Fusion.Runtime;
using Fusion.Runtime.Distributed;

await using var group = await RankGroup.JoinAsync(Rendezvous.FromEnvironment());
Console.WriteLine(group.WorldSize);
