using Fusion.Runtime;
using Interop;

// Each multiplies 1, 2, 3 by ten on memory of another library; ILGPU and TorchSharp then add one.
(string Name, Func<float[]> Run, float[] Expected)[] libraries =
[
    ("raw", WithRawHandles.Run, [10, 20, 30]),
    ("ilgpu", WithIlgpu.Run, [11, 21, 31]),
    ("torch", WithTorchSharp.Run, [11, 21, 31]),
];
if (args is not [var wanted] || !libraries.Any(library => library.Name == wanted))
{
    Console.Error.WriteLine("Arguments: raw, ilgpu or torch (which needs libtorch for CUDA).");
    return 2;
}

if (GpuDevice.Count == 0)
{
    Console.WriteLine("No GPU here.");
    return 0;
}

var (_, run, expected) = libraries.Single(library => library.Name == wanted);
var numbers = run();
var isRight = numbers.SequenceEqual(expected);
Console.WriteLine($"{wanted}: {string.Join(", ", numbers)} {(isRight ? "PASS" : "FAIL")}");
return isRight ? 0 : 1;
