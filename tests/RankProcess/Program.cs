using RankProcess;

if (args is ["shared-memory", ..]) return SharedMemoryMode.Run(args);
if (args is ["gpu-memory", ..]) return GpuMemoryMode.Run(args);
if (args is ["stranger", ..]) return StrangerMode.Run(args);
if (args is ["do", ..]) return await LaunchedMode.Run(args);

// A rank that does what a test tells it, a line each, and answers with a line each.
var rank = new CommandedRank();
while (Console.ReadLine() is { } line)
{
    Console.WriteLine(await rank.Do(line.Split(' ')));
    Console.Out.Flush();
}

return 0;
