using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Driver;

/// <summary>PTX that is ready to run: the same text is read once, for all GPUs.</summary>
internal sealed record PreparedModule(PtxModule Module, IReadOnlyDictionary<string, KernelCode> Kernels)
{
    private static readonly ConcurrentDictionary<string, PreparedModule> Prepared = new();

    /// <exception cref="PtxException">The emulator does not load the text.</exception>
    public static PreparedModule Of(ReadOnlySpan<byte> text)
    {
        var key = Convert.ToHexString(SHA256.HashData(text));
        if (Prepared.TryGetValue(key, out var found)) return found;
        var module = PtxParser.Parse(Encoding.UTF8.GetString(text));
        var kernels = module.Kernels.Where(kernel => kernel.HasBody).ToDictionary(kernel => kernel.Name, kernel => Ops.Decoder.Decode(module, kernel));
        return Prepared[key] = new(module, kernels);
    }
}

/// <summary>A module that is loaded on a GPU, with its variables in the GPU's memory.</summary>
internal sealed unsafe class LoadedImage : IDisposable
{
    private readonly PreparedModule prepared;
    private readonly AddressSpace memory;
    private readonly Dictionary<string, Allocation> variables = [];
    private readonly Dictionary<string, nint> functions = [];

    public LoadedImage(PreparedModule prepared, EmulatedContext context)
    {
        this.prepared = prepared;
        memory = context.Gpu.Machine.Memory;
        Context = context;
        context.Gpu.Machine.Observers?.Coverage?.Add(prepared);
        foreach (var variable in prepared.Module.Variables.Values.Where(one => one.Space != PtxSpace.Shared))
        {
            if (variable.IsExternal) throw new PtxException(PtxException.Unsupported, $"the variable '{variable.Name}' is in another module.");
            var made = memory.Allocate((ulong)Math.Max(variable.Bytes, 1), context.Gpu.Ordinal, AllocationKind.Module, context.Handle);
            var bytes = new Span<byte>((void*)made.Start, variable.Bytes);
            bytes.Clear();
            variable.Initial?.CopyTo(bytes);
            variables[variable.Name] = made;
        }

        foreach (var variable in prepared.Module.Variables.Values)
            foreach (var (at, symbol, offset, _) in variable.Addresses)
                BinaryPrimitives.WriteUInt64LittleEndian(
                    new Span<byte>((byte*)variables[variable.Name].Start + at, 8), AddressOf(symbol) + (ulong)offset);
    }

    public EmulatedContext Context { get; }

    public Allocation? Variable(string name) => variables.GetValueOrDefault(name);

    /// <summary>Gets the handle of a kernel; 0 if there is none of that name.</summary>
    public nint Function(string name, DriverState state)
    {
        lock (functions)
        {
            if (functions.TryGetValue(name, out var handle)) return handle;
            return prepared.Kernels.TryGetValue(name, out var code) ? functions[name] = state.Make(new LoadedFunction(this, code, ConstantsOf(code))) : 0;
        }
    }

    public void Forget(DriverState state)
    {
        foreach (var handle in functions.Values) state.Remove<LoadedFunction>(handle);
    }

    public void Dispose()
    {
        foreach (var variable in variables.Values) memory.Free(variable.Start, AllocationKind.Module);
    }

    private byte[] ConstantsOf(KernelCode code)
    {
        var constants = code.Constants.ToArray();
        foreach (var (slot, symbol, offset) in code.Addresses)
            for (var lane = 0; lane < 32; lane++)
                BinaryPrimitives.WriteUInt64LittleEndian(constants.AsSpan(slot + (lane * 8)), AddressOf(symbol) + (ulong)offset);
        return constants;
    }

    private ulong AddressOf(string symbol) => variables.TryGetValue(symbol, out var variable) ? variable.Start
        : prepared.Module.Calls.AddressOf(symbol) is var pointer and not 0 ? pointer : throw new PtxException(PtxException.Unsupported, $"the address of '{symbol}', which is no variable, is not supported.");
}

/// <summary>A kernel of a loaded module.</summary>
internal sealed class LoadedFunction(LoadedImage image, KernelCode code, byte[] constants)
{
    public LoadedImage Image { get; } = image;

    public KernelCode Code { get; } = code;

    public byte[] Constants { get; } = constants;

    public int MaxThreads => Code.Flat.Kernel.RequiredBlock is { } shape ? shape[0] * shape[1] * shape[2]
        : Code.Flat.Kernel.MaxThreads is > 0 and < Gpu.ThreadsOfABlock and var bound ? bound : Gpu.ThreadsOfABlock;

    public int MaxDynamicSharedBytes { get; set; } = 48 << 10;

    public bool AllowsLargeClusters { get; set; }
}
