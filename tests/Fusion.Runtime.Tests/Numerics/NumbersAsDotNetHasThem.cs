using System.Globalization;

namespace Fusion.Runtime.Tests.Numerics;

/// <summary>All number formats are ordered, formatted and converted as .NET's own numbers are.</summary>
public sealed class NumbersAsDotNetHasThem
{
    [Test]
    public void AreOrderedAsTheirFloats()
    {
        CheckAll(byte.MaxValue, code => Float8E4M3.FromBits((byte)code), value => value.ToSingle());
        CheckAll(byte.MaxValue, code => Float8UE8M0.FromBits((byte)code), value => value.ToSingle());
        CheckAll(15, code => Float4E2M1.FromBits((byte)code), value => value.ToSingle());
        CheckAll(500, code => BFloat16.FromBits((ushort)(code * 131)), value => value.ToSingle());

        static void CheckAll<T>(int last, Func<int, T> of, Func<T, float> single)
            where T : struct, IComparable<T>, IComparable, IEquatable<T>
        {
            for (var i = 0; i <= last; i++)
            {
                for (var j = 0; j <= last; j += 7)
                {
                    var (a, b) = (of(i), of(j));
                    var expected = single(a).CompareTo(single(b));
                    if (a.CompareTo(b) != expected || a.CompareTo((object)b) != expected || (expected == 0) != a.Equals(b))
                        Assert.Fail($"{typeof(T).Name}: {a} and {b}");
                }
            }
        }
    }

    [Test]
    public void HaveTheOperatorsOfFloats()
    {
        var (one, two, nan) = ((BFloat16)1f, (BFloat16)2f, (BFloat16)float.NaN);
        bool[] ofNumbers = [one < two, one > two, one <= two, one >= two];
        bool[] ofNaN = [nan < one, nan > one, nan <= one, nan >= one];
        Assert.That(ofNumbers, Is.EqualTo(new[] { true, false, true, false }));
        Assert.That(ofNaN, Has.All.False);
        Assert.That((Float8E4M3)1f < Float8E4M3.MaxValue && (Float4E2M1)6f >= Float4E2M1.MaxValue && (Float8UE8M0)2f > (Float8UE8M0)1f);
        Assert.That(() => one.CompareTo("1"), Throws.ArgumentException.With.Message.Contain("BFloat16"));
        Assert.That(one.CompareTo(null), Is.Positive);
    }

    [Test]
    public void AreFormattedAsTheirFloats()
    {
        var german = CultureInfo.GetCultureInfo("de");
        Assert.That(((BFloat16)1.5f).ToString("0.00", CultureInfo.InvariantCulture), Is.EqualTo("1.50"));
        Assert.That(((Float8E4M3)1.5f).ToString(null, german), Is.EqualTo(1.5f.ToString(german)));
        Assert.That(string.Create(CultureInfo.InvariantCulture, $"{(Float4E2M1)0.5f:0.0} {(Float8UE8M0)4f:0}"), Is.EqualTo("0.5 4"));
        Assert.That(((BFloat16)1.5f).TryFormat(new char[2], out _, default, CultureInfo.InvariantCulture), Is.False);
    }

    [Test]
    public void AreConvertedFromAndToHalf()
    {
        for (var i = 0; i <= ushort.MaxValue; i++)
        {
            var half = BitConverter.UInt16BitsToHalf((ushort)i);
            var value = (float)half;
            if (((BFloat16)half).Bits != ((BFloat16)value).Bits || ((Float8E4M3)half).Bits != ((Float8E4M3)value).Bits ||
                ((Float4E2M1)half).Bits != ((Float4E2M1)value).Bits || ((Float8UE8M0)half).Bits != ((Float8UE8M0)value).Bits)
            {
                Assert.Fail($"{half}");
            }
        }

        Assert.That((Half)(BFloat16)1e6f, Is.EqualTo(Half.PositiveInfinity));
        Assert.That(((BFloat16)1.5f).ToHalf(), Is.EqualTo((Half)1.5f));
        for (var i = 0; i <= byte.MaxValue; i++)
        {
            var number = Float8E4M3.FromBits((byte)i);
            Assert.That((float)number.ToHalf(), Is.EqualTo(number.ToSingle()), "exact");
        }
    }
}
