using Fusion.Manifest;
using Fusion.Runtime;
using FusionTemplate;

const int Rows = 64;
const int Hidden = 4096;
const float Epsilon = 1e-6f;

// dotnet build compiled kernels/rms_norm.cu and put the images into this assembly.
var assembly = typeof(RmsNormReference).Assembly;

switch (args)
{
    case []:
        return RunOnGpuOrExplain(new KernelLoadOptions());
    case ["--image", "cubin"]:
        return RunOnGpuOrExplain(new KernelLoadOptions { Kind = ImageKind.Cubin });
    case ["--image", "ptx"]:
        return RunOnGpuOrExplain(new KernelLoadOptions { Kind = ImageKind.Ptx });
    case ["--kernels"]:
        KernelTable.Print(KernelLibrary.ReadManifest(assembly), Console.Out);
        return 0;
    default:
        Console.Error.WriteLine("Arguments: none to run, --image cubin|ptx to run that kind of image, --kernels to list what is embedded.");
        return 2;
}

int RunOnGpuOrExplain(KernelLoadOptions options)
{
    try
    {
        using var context = GpuContext.Open();
        return Run(context, options);
    }
    catch (NoGpuException e)
    {
        Console.WriteLine($"No GPU here: {e.Message.Split('\n')[0]}");
        Console.WriteLine("This is what would be loaded:");
        foreach (var gpu in new ComputeCapability[] { new(8, 0), new(9, 0), new(10, 0) })
        {
            foreach (var choice in KernelLibrary.Choose(assembly, gpu))
                Console.WriteLine($"  on sm_{gpu.Number}: {choice.Image?.Resource ?? "nothing"} ({choice.Reason})");
        }

        return 0;
    }
}

int Run(GpuContext context, KernelLoadOptions options)
{
    Console.WriteLine($"{context.Device}, driver for CUDA {GpuDriver.Version}");

    // Picks the image for this GPU and loads it; the context owns it. Kernels was made from the .cu files by the build.
    var library = Kernels.Load(context, options);
    foreach (var choice in library.Modules) Console.WriteLine($"Image: {choice.Image?.Resource} ({choice.Reason})");

    var random = new Random(1);
    var input = RandomNumbers(random, Rows * Hidden);
    var gamma = RandomNumbers(random, Hidden);
    using var deviceInput = new DeviceBuffer<BFloat16>(context, input);
    using var deviceGamma = new DeviceBuffer<BFloat16>(context, gamma);
    using var deviceOutput = new DeviceBuffer<BFloat16>(context, Rows * Hidden);
    deviceOutput.FillBytes(0xFF); // NaN, which shows what the kernel leaves out

    // One block of 256 threads a row. The arguments are those of the kernel, in its order: the compiler knows their types.
    using var stream = new GpuStream(context);
    var shape = new LaunchShape(grid: Rows, block: 256);
    Kernels.RmsNorm.Launch(stream, shape, deviceOutput, deviceInput, deviceGamma, Hidden, Epsilon);
    stream.Synchronize();

    var output = new BFloat16[Rows * Hidden];
    deviceOutput.CopyTo(output);
    return Check(output, RmsNormReference.Run(input, gamma, Epsilon));
}

int Check(BFloat16[] output, BFloat16[] expected)
{
    var different = output.Zip(expected).Count(pair => pair.First.Bits != pair.Second.Bits);
    var largest = output.Zip(expected).Max(pair => MathF.Abs(pair.First.ToSingle() - pair.Second.ToSingle()));
    Console.WriteLine($"{Rows} rows of {Hidden}: largest difference from C# {largest}, {different} of {output.Length} numbers differ");
    Console.WriteLine(different == 0 ? "PASS" : "FAIL");
    return different == 0 ? 0 : 1;
}

static BFloat16[] RandomNumbers(Random random, int count)
{
    var numbers = new BFloat16[count];
    for (var i = 0; i < count; i++) numbers[i] = BFloat16.FromSingle((random.NextSingle() * 4) - 2);
    return numbers;
}
