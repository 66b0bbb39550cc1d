using System.Globalization;
using Fusion.Runtime.Distributed.Memory;

namespace RankProcess;

/// <summary>Maps shared memory of the test, adds 1 to each of its bytes, and waits until its input ends.</summary>
internal static unsafe class SharedMemoryMode
{
    /// <param name="args"><c>shared-memory</c>, name of the server's socket, token in hexadecimal digits, size in bytes.</param>
    public static int Run(string[] args)
    {
        var descriptor = DescriptorClient.Fetch(args[1], Convert.FromHexString(args[2]), TimeSpan.FromSeconds(10));
        using var memory = SharedHostMemory.Open(descriptor, long.Parse(args[3], CultureInfo.InvariantCulture));
        for (var i = 0; i < memory.Bytes; i++) memory.Pointer[i]++;
        Console.WriteLine("written");
        _ = Console.ReadLine();
        return 0;
    }
}
