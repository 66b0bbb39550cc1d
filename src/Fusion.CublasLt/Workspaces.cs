using System.Runtime.CompilerServices;
using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Workspaces of a matmul: the caller's for all streams, or one for each stream, which is freed with the stream or with
/// the matmul.</summary>
internal sealed class Workspaces(GpuContext context, MatmulOptions options) : IDisposable
{
    private readonly ConditionalWeakTable<GpuStream, DeviceBuffer<byte>> byStream = [];

    /// <summary>Size of a workspace in bytes.</summary>
    public long Bytes { get; } = options.Workspace?.Length ?? options.WorkspaceBytes;

    /// <summary>Gets the address of a stream's workspace. Allocates at the stream's first use alone.</summary>
    /// <param name="stream">The stream.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public ulong For(GpuStream stream)
    {
        if (options.Workspace is { } given) return given.Pointer.Address;
        if (Bytes == 0) return 0;
        if (byStream.TryGetValue(stream, out var there)) return there.Pointer.Address;
        lock (byStream)
        {
            if (byStream.TryGetValue(stream, out there)) return there.Pointer.Address;
            var made = new DeviceBuffer<byte>(context, Bytes);
            byStream.Add(stream, made);
            return made.Pointer.Address;
        }
    }

    public void Dispose()
    {
        lock (byStream)
        {
            foreach (var (_, workspace) in byStream) workspace.Dispose();
            byStream.Clear();
        }
    }
}
