#:project ../src/Fusion.Emulator/Fusion.Emulator.csproj
#:property PublishAot=false
#:property AllowUnsafeBlocks=true
#:property NoWarn=$(NoWarn);CS1591

// Speed of the emulator on one core: instructions of a thread a second of three loops (arithmetic, global memory, shared memory with a
// barrier), and the time of RMSNorm with residual of 64 × 4096 bf16 by the built-in kernel.
// usage: dotnet run -c Release bench/emulator.cs
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fusion.Emulation;
using Fusion.Interop.Driver;
using Fusion.Runtime;

const int Blocks = 8;
const int Threads = 256;
const int Rounds = 3;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// .NET compiles what runs often anew: the first measurements would be of its compiler.
foreach (var (_, checks) in Choices())
{
    foreach (var (_, body, _, iterations) in Loops()) SecondsOf(body, iterations, checks);
    for (var i = 0; i < Rounds; i++) SecondsOfNorm(checks);
}

foreach (var (words, checks) in Choices())
{
    foreach (var (name, body, instructions, iterations) in Loops())
    {
        var best = Enumerable.Range(0, Rounds).Min(_ => SecondsOf(body, iterations, checks));
        var million = (double)Blocks * Threads * iterations * (instructions + 3) / best / 1e6;
        Console.WriteLine($"{words}, {name,-14} {million,8:0} million instructions of a thread a second");
    }

    Console.WriteLine($"{words}, RMSNorm 64 x 4096 bf16: {Enumerable.Range(0, Rounds).Min(_ => SecondsOfNorm(checks)):0.00} s");
}

Console.WriteLine($"{Environment.ProcessorCount} processors, one worker, .NET {Environment.Version}, " +
    System.Runtime.InteropServices.RuntimeInformation.OSDescription);

// Those of device memory are the dearest: each access is compared with those of other threads.
static (string Words, KernelChecks Checks)[] Choices() =>
[
    ("no checks            ", KernelChecks.None),
    ("no device races      ", KernelChecks.All & ~(KernelChecks.GlobalMemoryRaces | KernelChecks.ReadOnlyData | KernelChecks.Synchronization)),
    ("all checks           ", KernelChecks.All),
];

// Body of a loop, and the number of its instructions.
static IEnumerable<(string Name, string Body, int Instructions, int Iterations)> Loops()
{
    yield return ("arithmetic", Repeat("fma.rn.f32 %f1, %f1, %f2, %f3; add.s32 %r3, %r3, %r1; xor.b32 %r4, %r3, %r1; shl.b32 %r5, %r4, 3;", 8), 32, 20_000);
    yield return ("global memory", Repeat("ld.global.f32 %f1, [%rd2]; add.f32 %f1, %f1, %f2; st.global.f32 [%rd2], %f1;", 8), 24, 5_000);
    yield return ("shared memory", Repeat("st.shared.f32 [%r7], %f1; bar.sync 0; ld.shared.f32 %f3, [%r7]; bar.sync 0;", 4), 16, 5_000);
}

static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text + "\n", times));

static unsafe double SecondsOf(string body, int iterations, KernelChecks checks)
{
    var ptx = $$"""
        .version 8.0
        .target sm_80
        .address_size 64
        .visible .entry k(.param .u64 p0) {
        .reg .pred %p<2>; .reg .b32 %r<9>; .reg .b64 %rd<4>; .reg .f32 %f<4>;
        .shared .align 4 .b8 s[{{Threads * 4}}];
        ld.param.u64 %rd1, [p0];
        mov.u32 %r1, %tid.x; mov.u32 %r2, %ctaid.x; mad.lo.s32 %r6, %r2, {{Threads}}, %r1;
        mul.wide.s32 %rd3, %r6, 4; add.s64 %rd2, %rd1, %rd3;
        shl.b32 %r7, %r1, 2; mov.u32 %r8, s; add.s32 %r7, %r7, %r8;
        mov.f32 %f1, 0f3F800000; mov.f32 %f2, 0f3F7FFF00; mov.f32 %f3, 0f3A000000; mov.u32 %r3, 0; mov.u32 %r6, 0;
        loop:
        {{body}}
        add.s32 %r6, %r6, 1;
        setp.lt.s32 %p1, %r6, {{iterations}};
        @%p1 bra loop;
        st.global.f32 [%rd2], %f1;
        ret;
        }
        """;
    Emulator.Use(new() { Workers = 1, Checks = checks });
    try
    {
        using var context = GpuContext.Open();
        using var values = new DeviceBuffer<float>(context, new float[Blocks * Threads]);
        var driver = CudaDriver.Of(Emulator.Table);
        context.MakeCurrent();
        nint module, function;
        fixed (byte* image = Encoding.ASCII.GetBytes(ptx + '\0'))
            if (driver.Module.Load(image, [], [], out module) != CudaResult.Success) throw new InvalidOperationException("The kernel was refused.");
        driver.Module.GetFunction(module, "k", out function);
        var address = values.Pointer.Address;
        void* argument = &address;
        var config = new LaunchConfig { GridX = Blocks, GridY = 1, GridZ = 1, BlockX = Threads, BlockY = 1, BlockZ = 1 };
        var watch = Stopwatch.StartNew();
        driver.Launch.Launch(&config, function, &argument);
        if (driver.Context.Synchronize() != CudaResult.Success) throw new InvalidOperationException(Emulator.Faults[0].Message);
        return watch.Elapsed.TotalSeconds;
    }
    finally
    {
        Emulator.Leave();
    }
}

static double SecondsOfNorm(KernelChecks checks)
{
    const int Tokens = 64;
    const int Hidden = 4096;
    Emulator.Use(new() { Workers = 1, Checks = checks });
    try
    {
        using var operation = EpilogueOperation.OnGpu(GpuDevice.Get(0), new() { HiddenSize = Hidden, MaxTokens = Tokens });
        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var input = new DeviceBuffer<BFloat16>(context, new BFloat16[Tokens * Hidden]);
        using var residual = new DeviceBuffer<BFloat16>(context, new BFloat16[Tokens * Hidden]);
        using var gamma = new DeviceBuffer<BFloat16>(context, new BFloat16[Hidden]);
        using var output = new DeviceBuffer<BFloat16>(context, Tokens * Hidden);
        var call = new AllReduceCall
        {
            Input = Matrix(input),
            Residual = Matrix(residual),
            ResidualOut = Matrix(residual),
            Norm = Normalization.Rms(DeviceTensor.Vector(gamma.Pointer.Address, ElementType.BFloat16, Hidden), 1e-6f),
            NormOut = Matrix(output),
        };
        var watch = Stopwatch.StartNew();
        operation.Launch(stream, call);
        stream.Synchronize();
        return watch.Elapsed.TotalSeconds;
    }
    finally
    {
        Emulator.Leave();
    }

    static DeviceTensor Matrix(DeviceBuffer<BFloat16> buffer) => new(buffer.Pointer.Address, ElementType.BFloat16, Tokens, Hidden);
}
