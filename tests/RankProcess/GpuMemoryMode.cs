using System.Globalization;
using Fusion.Runtime;
using Fusion.Runtime.Distributed.Memory;

namespace RankProcess;

/// <summary>Opens memory of a GPU of the test on GPU 1, adds 1 to each of its bytes, and waits until its input ends.</summary>
internal static unsafe class GpuMemoryMode
{
    /// <param name="args"><c>gpu-memory</c>, size in bytes, and <c>ipc</c> with the handle in hexadecimal digits, or <c>descriptor</c> with
    /// the name of the server's socket and the token.</param>
    public static int Run(string[] args)
    {
        using var context = GpuContext.Open(1);
        var length = long.Parse(args[1], CultureInfo.InvariantCulture);
        using var memory = args[2] == "ipc"
            ? ImportedDeviceMemory.Open(context, new(MemorySharing.Ipc, length, default, Convert.FromHexString(args[3]), 0))
            : ImportedDeviceMemory.Open(
                context, new(MemorySharing.Descriptor, length, default, default, 0),
                DescriptorClient.Fetch(args[3], Convert.FromHexString(args[4]), TimeSpan.FromSeconds(10)));
        var bytes = new byte[length];
        fixed (byte* p = bytes)
        {
            memory.CopyTo(0, p, (nuint)length);
            for (var i = 0; i < length; i++) bytes[i]++;
            memory.CopyFrom(0, p, (nuint)length);
        }

        Console.WriteLine("written");
        _ = Console.ReadLine();
        return 0;
    }
}
