using System.Runtime.InteropServices;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

public sealed class Arguments : GpuTest
{
    [Test]
    public void OfAllSizesAndAlignmentsArriveUnchanged()
    {
        var small = new Small { A = 0xA1, B = 0xB2B3, C = 0xC4 };
        var large = new Large { D0 = 1.5, D1 = -2.25, D2 = 1e300, I0 = 1, I1 = -2, I2 = 3, I3 = int.MinValue, I4 = 5 };
        ulong[] expected =
        [
            0xFE, 0x123456789ABCDEF0, unchecked((ulong)-12345), 0xA1, 0xB2B3, 0xC4, 1, Bits(Math.PI),
            Bits(1.5), Bits(-2.25), Bits(1e300), 1, unchecked((uint)-2), 3, 0x80000000, 5,
            BitConverter.SingleToUInt32Bits(0.1f), 0x7F,
        ];
        using var output = new DeviceBuffer<ulong>(Context, expected.Length);
        output.FillBytes(0xFF);

        Run("echo_arguments", new(1, 1),
            output, KernelArgument.Of((byte)0xFE), 0x123456789ABCDEF0UL, KernelArgument.Of((short)-12345), KernelArgument.Of(small),
            true, Math.PI, KernelArgument.Bytes(in large), 0.1f, KernelArgument.Of((byte)0x7F));

        Assert.That(Read(output), Is.EqualTo(expected));
    }

    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Small
    {
        public byte A;
        public ushort B;
        public byte C;
    }

    // alignas(16) makes 48 bytes of it.
    [StructLayout(LayoutKind.Sequential, Size = 48)]
    internal struct Large
    {
        public double D0;
        public double D1;
        public double D2;
        public int I0;
        public int I1;
        public int I2;
        public int I3;
        public int I4;
    }
}
