using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.CublasLt;

/// <summary>The lines on the package's page.</summary>
public sealed class ThePackagesPage : CublasLtTest
{
    [Test]
    public void HasLinesThatMultiply()
    {
        const int tokens = 2, columns = 16, depth = 32;
        var (context, stream) = (Context, Stream);
        using var input = new DeviceBuffer<BFloat16>(context, [.. Enumerable.Repeat((BFloat16)2f, tokens * depth)]);
        using var weight = new DeviceBuffer<BFloat16>(context, [.. Enumerable.Repeat((BFloat16)0.5f, columns * depth)]);
        using var output = new DeviceBuffer<BFloat16>(context, tokens * columns);
        Multiply();
        stream.Synchronize();
        Assert.That(Read(output), Has.All.EqualTo((BFloat16)32f));

        void Multiply()
        {
            using var matmul = new Matmul(context);
            matmul.Launch(stream, new MatmulCall
            {
                Input = input.AsTensor(tokens, depth),      // [tokens, K]
                Weight = weight.AsTensor(columns, depth),   // [N, K], as checkpoints have it
                Output = output.AsTensor(tokens, columns),  // [tokens, N] = input · weightᵀ
            });
        }
    }
}
